// The page of one sample: video, J over time, texts, scores, and the quirks that acted.
"use strict";

report.sample = (() => {
  const { el, number, words, plots } = report;

  function verdict(view, about) {
    return el("ul", { class: "problems" }, view.problems.map((problem) => el("li", {},
      el("span", { class: `tag ${problem.kind}` }, about.kinds[problem.kind].title), problem.detail ? ` ${problem.detail}` : "")));
  }

  function series(view, total, go) {
    if (!view.tracks || !view.tracks.joint.length) return null;
    const lines = view.tracks.pairs.map((pair) => ({ values: pair.j, colour: report.colour(pair.target),
      label: pair.prediction === null ? `target ${pair.target + 1}: no mask` : `target ${pair.target + 1} and mask ${view.masks[pair.prediction].name}: IoU ${pair.iou.toFixed(2)}, J` }));
    lines.push({ values: view.tracks.joint, colour: "var(--ink)", dash: "5 4", wide: 1.5, label: "all masks together, IoU" });
    return plots.overFrames(lines, view.tracks.joint.length, go);
  }

  const labelsOf = (masks, pairs) => (k) => (masks[k] ? { text: masks[k].name ?? String(k + 1), colour: report.colourOf(masks, pairs, k) } : null);

  function texts(data, about, go) {
    const targets = data.reference?.masks || [];
    const reference = data.reference?.text;
    return el("section", {}, el("h2", {}, "Question and answers"),
      data.dialogue.map((turn) => el("div", { class: "turn earlier" }, words.question(turn.question, [], go), words.grounded(turn.answer, () => null))),
      el("div", { class: "turn" }, el("h3", {}, "asked"), words.question(data.question, data.regions, go)),
      el("div", { class: "turn" }, el("h3", {}, "reference"), reference ? words.grounded(reference, (k) => (targets[k] ? { text: String(k + 1), colour: report.colour(k) } : null)) : el("p", { class: "nothing" }, "no text")),
      data.views.map((view, run) => el("div", { class: "turn" }, el("h3", {}, el("span", { class: `run run${run}` }, about.runs[run].name)),
        view.text === null ? el("p", { class: "warn" }, view.error || view.status) :
        view.text === "" ? el("p", { class: "nothing" }, "an empty answer") :
        words.grounded(view.text, labelsOf(view.masks, view.tracks ? view.tracks.pairs : null)))));
  }

  function scores(data, about) {
    const names = Object.keys(about.metrics).filter((name) => data.views.some((view) => Object.values(view.values).some((values) => values[name] !== undefined)));
    const extra = [...new Set(data.views.flatMap((view) => Object.values(view.values).flatMap(Object.keys)))].filter((name) => !names.includes(name));
    const cell = (view, protocol, name) => {
      const value = view.values[protocol]?.[name];
      const other = view.values[protocol === "strict" ? "released" : "strict"]?.[name];
      return el("td", { class: value !== other ? "differs" : "" }, value === null || value === undefined ? "no value" : number(value, about.metrics[name]?.scale ?? 1, 1));
    };
    return el("section", {}, el("h2", {}, "Scores of this sample"), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "scores" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", {}, "Metric"), data.views.flatMap((_, run) => ["released", "strict"].map((protocol) => el("th", {}, data.views.length > 1 ? `${about.runs[run].name}, ${protocol}` : protocol))))),
      el("tbody", {}, [...names, ...extra].map((name) => el("tr", {}, el("th", { scope: "row" }, about.metrics[name]?.title ?? name), data.views.flatMap((view) => ["released", "strict"].map((protocol) => cell(view, protocol, name)))))))),
      data.views.map((view, run) => quirks(view, about, run)));
  }

  function quirks(view, about, run) {
    if (!view.differing.length) return el("p", { class: "help" }, `${about.runs[run].name}: both protocols agree on this sample.`);
    const acted = view.acted || [];
    const shown = (item, value) => (value === null ? "no value" : number(value, about.metrics[item.metric]?.scale ?? 1, 1));
    const single = acted.map((item) => el("li", {}, el("b", {}, item.quirk), ` ${about.quirks[item.quirk].about}: ${about.metrics[item.metric]?.title ?? item.metric} is ${shown(item, item.value)}, without it ${shown(item, item.without)}`));
    const told = new Set(acted.map((item) => item.metric));
    const rest = view.differing.filter((name) => !told.has(name));
    const texts = rest.filter((name) => /^(bleu|meteor|rouge|cider|spice|clair)/.test(name));
    const masks = rest.filter((name) => !texts.includes(name));
    const corpus = Object.entries(about.quirks).filter(([, quirk]) => texts.some((name) => quirk.metrics.includes(name)));
    const named = (names) => names.map((name) => about.metrics[name]?.title ?? name).join(", ");
    return el("div", { class: "quirks" }, el("h3", {}, `Why released and strict differ${about.runs.length > 1 ? `: ${about.runs[run].name}` : ""}`), el("ul", {}, single,
      texts.length > 0 && el("li", {}, `${named(texts)}: texts are scored together with their corpus, not one by one`, corpus.length > 0 ? `; under released ${corpus.map(([number, quirk]) => `${quirk.about} (${number})`).join(", ")}` : "", "."),
      masks.length > 0 && el("li", {}, about.explained ? `${named(masks)}: no quirk changes it alone; several act together.` : `${named(masks)}: the report was made without looking for quirks (--no-explain).`)));
  }

  function raw(data, about) {
    return el("section", {}, el("h2", {}, "Raw"), data.views.map((view, run) => el("details", {}, el("summary", {}, `Answer of ${about.runs[run].name} as it came${view.seconds === null ? "" : `, ${view.seconds.toFixed(2)} s`}`),
      el("pre", {}, view.text ?? view.error ?? view.status), Object.keys(view.notes).length > 0 && el("pre", {}, JSON.stringify(view.notes, null, 1)))),
      el("details", {}, el("summary", {}, "Facts"), el("dl", { class: "facts" }, [["id", data.id], ["video", data.video], ...Object.entries(data.attributes)].map(([key, value]) => [el("dt", {}, key), el("dd", {}, typeof value === "number" ? String(+value.toFixed(4)) : String(value))]))));
  }

  function neighbours(n, total) {
    const order = report.state.order?.includes(n) ? report.state.order : [...Array(total).keys()];
    const at = order.indexOf(n);
    return { previous: order[at - 1], next: order[at + 1], at: at + 1, of: order.length };
  }

  return async function show(main, n) {
    const [data, about, cards] = await Promise.all([report.load(`samples/${n}`), report.load("overview"), report.load("gallery")]);
    document.title = data.id;
    const near = neighbours(n, cards.length);
    const open = (to) => { if (to !== undefined) location.hash = `#/sample/${to}`; };
    const plotted = [], rows = [];
    let player = null;
    if (data.frames && !data.frames.problem) player = report.player(data, about.runs, (frame) => plotted.forEach((plot) => plot.at(frame)));
    const go = (frame) => player?.toFrame(frame);
    const columns = data.views.map((view, run) => {
      const plot = player && series(view, data.frames.total, go);
      if (plot) plotted.push(plot);
      rows[run] = el("div", { class: "view" }, plot && plot.node);
      return el("div", { class: "view" }, el("h2", {}, el("span", { class: `run run${run}` }, about.runs[run].name)), verdict(view, about), player && player.canvases[run]);
    });
    main.replaceChildren(...[
      el("p", { class: "crumbs" }, el("a", { href: report.state.back || "#/samples" }, "Samples"), ` ${near.at} of ${near.of} `,
        el("button", { type: "button", disabled: near.previous === undefined, onclick: () => open(near.previous) }, "previous"), el("button", { type: "button", disabled: near.next === undefined, onclick: () => open(near.next) }, "next")),
      el("h1", { class: "id" }, data.id), data.problem && el("p", { class: "warn" }, data.problem), data.frames?.problem && el("p", { class: "warn" }, data.frames.problem),
      el("div", { class: `views views${data.views.length}` }, columns), player && player.controls,
      plotted.length > 0 && el("div", { class: `views views${data.views.length}` }, rows), texts(data, about, go), scores(data, about), raw(data, about)].filter(Boolean));
    const worst = () => {
      const tracks = data.views.map((view) => view.tracks).filter((item) => item?.joint.length);
      if (!tracks.length) return 0;
      const seen = (frame) => !tracks[0].pairs.length || tracks[0].pairs.some((pair) => pair.visible[frame]);
      const lowest = tracks[0].joint.map((_, frame) => (seen(frame) ? Math.min(...tracks.map((item) => item.joint[frame])) : 2));
      return lowest.indexOf(Math.min(...lowest));
    };
    const keys = { n: () => open(near.next), p: () => open(near.previous), m: () => player?.cycle(), w: () => go(worst()), " ": () => player?.toggle(),
      ArrowRight: (event) => player?.step(event.shiftKey ? 5 : 1), ArrowLeft: (event) => player?.step(event.shiftKey ? -5 : -1) };
    if (player) await player.go(data.regions.length ? player.shown.findIndex((frame) => frame >= data.regions[0].frame) : 0);
    return { key(event) {
      if (!keys[event.key]) return false;
      keys[event.key](event);
      return true;
    }, close: () => player?.toggle(false) };
  };
})();
