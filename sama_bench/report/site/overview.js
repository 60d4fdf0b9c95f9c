// The first page: what to know first, scores, what went wrong, distributions, how it was asked.
"use strict";

report.overview = (() => {
  const { el, number, plots } = report;
  const RUNS = ["var(--run0)", "var(--run1)"];
  const section = (title, help, ...content) =>
    el("section", {}, el("h2", {}, title), help && el("p", { class: "help" }, help), ...content);
  const table = (head, rows, label) => el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    el("table", {}, el("thead", {}, el("tr", {}, head.map((cell) => el("th", { scope: "col" }, cell)))), el("tbody", {}, rows)));
  const runName = (run, place) => el("span", { class: `run run${place}` }, run.name,
    run.takes_tracks && el("abbr", { title: "this adapter was given the whole tracks of the regions, which contain the answer to many questions" }, " ★ takes tracks"),
    run.oracle && el("abbr", { title: "this adapter sees the reference" }, " ★ oracle"));

  function scoreRows(data, rows, protocol, split) {
    const names = Object.keys(data.metrics).filter((name) => rows.some((found) => found.some((row) => row.metric === name && row.protocol === protocol && row.value !== null)));
    return names.map((name) => {
      const { title, scale } = data.metrics[name];
      const found = rows.map((list) => list.find((row) => row.metric === name && row.protocol === protocol && (!split || row.split === split)));
      const top = Math.max(data.metrics[name].highest === 1 ? 1 : 0.001, ...found.map((row) => row?.high ?? row?.value ?? 0));
      const difference = data.differences.find((item) => item.metric === name && item.protocol === protocol);
      const cells = found.map((row, place) => el("td", {},
        !row || row.value === null ? el("span", { class: "none", title: row?.note || "" }, "–") : [
          el("span", { class: "value" }, number(row.value, scale, 1)),
          row.variant && el("abbr", { title: row.variant }, "*"),
          row.low !== null && row.low !== undefined && el("small", {}, ` ${number(row.low, scale, 1)} to ${number(row.high, scale, 1)}`),
          plots.interval(row.value, row.low, row.high, top, RUNS[place])]));
      return el("tr", {}, el("th", { scope: "row" }, title), cells,
        data.runs.length > 1 && el("td", {}, difference && difference.difference !== null && !split
          ? [number(difference.difference, scale, 1), el("small", {}, ` ${number(difference.low, scale, 1)} to ${number(difference.high, scale, 1)}`), difference.sure ? el("b", {}, " sure") : el("small", {}, " not sure")]
          : "–"));
    });
  }

  function scores(data) {
    const head = () => ["Metric", ...data.runs.map(runName), ...(data.runs.length > 1 ? ["Difference"] : [])];
    return section("Scores", "Shares in percent, with the 95% interval from whole videos drawn with replacement. “released” is what the published code computes, “strict” the corrected definitions. A star on a value: a stand-in had a part in it."
      + (data.runs.length > 1 ? " Differences are first minus second; “sure” holds at 5% after correction for all comparisons." : ""),
      el("div", { class: "columns" }, ["released", "strict"].filter((name) => data.scores.some((rows) => rows.some((row) => row.protocol === name))).map((protocol) =>
        el("div", {}, el("h3", {}, protocol), table(head(), scoreRows(data, data.scores, protocol, null), `scores, ${protocol}`)))),
      groups(data));
  }

  function groups(data) {
    const splits = [...new Set(data.groups.flat().filter((row) => !row.metric.startsWith("rank_mean")).map((row) => row.split))];
    if (!splits.length) return null;
    return el("details", {}, el("summary", {}, "By source or type, strict"), splits.map((split) => [el("h3", {}, split),
      table(["Metric", ...data.runs.map(runName), ...(data.runs.length > 1 ? ["Difference"] : [])], scoreRows(data, data.groups, "strict", split), split)]));
  }

  function wrong(data) {
    const most = Math.max(1, ...data.runs.flatMap((run) => Object.values(run.any)));
    const rows = Object.keys(data.kinds).filter((kind) => data.runs.some((run) => run.any[kind])).map((kind) => el("tr", {},
      el("th", { scope: "row" }, el("a", { href: `#/samples?kind=${kind}` }, data.kinds[kind].title), el("small", { class: "definition" }, data.kinds[kind].definition)),
      data.runs.map((run, place) => el("td", {}, el("span", { class: "value" }, String(run.any[kind] || 0)), plots.bar(run.any[kind] || 0, most, RUNS[place])))));
    return section("What went wrong", "In how many samples; a sample may have several. Each name leads to the samples.",
      table(["", ...data.runs.map(runName)], rows, "what went wrong"));
  }

  function why(data) {
    const found = data.attribution;
    if (!found || !found.gap) return null;
    const { title, scale } = data.metrics[found.metric] || { title: found.metric, scale: 1 };
    const weak = data.runs[found.weaker], strong = data.runs[1 - found.weaker];
    const most = Math.max(...found.parts.map((part) => Math.abs(part.share)));
    return section(`Where ${weak.name} loses`, `Their mean ${title} over ${found.samples} common samples differs by ${number(found.gap, scale, 1)}. Each sample counts for the main thing that went wrong in ${weak.name}; the parts add up to the gap. Negative: there ${weak.name} is ahead of ${strong.name}.`,
      table([`In ${weak.name}`, "Samples", `Part of the gap`, ""], found.parts.map((part) => el("tr", {},
        el("th", { scope: "row" }, el("a", { href: `#/samples?kind=${part.kind}&run=${found.weaker}&sort=gap` }, data.kinds[part.kind].title)),
        el("td", {}, String(part.samples)), el("td", { class: "value" }, number(part.share, scale, 1)),
        el("td", { class: "wide" }, plots.bar(part.share, most, RUNS[found.weaker], true)))), "parts of the gap"));
  }

  function distributions(data) {
    const names = Object.keys(data.metrics).filter((name) => data.histograms.some((found) => found[name]) && !data.metrics[name].corpus);
    const draw = (name, protocol) => {
      const known = data.histograms.map((found, place) => ({ found: found[name], place })).filter((item) => item.found?.[protocol]);
      if (!known.length) return null;
      const top = Math.max(...known.map((item) => item.found.top));
      if (known.some((item) => item.found.top !== top)) return null;
      return plots.histogram(known.map((item) => ({ counts: item.found[protocol], colour: RUNS[item.place], label: data.runs[item.place].name })), top, data.metrics[name].scale, `${data.metrics[name].title}, ${protocol}`);
    };
    return section("Distributions", "Samples by value; a mean alone hides whether all are half right or half are wrong.",
      el("div", { class: "histograms" }, names.map((name) => ["released", "strict"].map((protocol) => draw(name, protocol)))));
  }

  function attributes(data) {
    const metrics = [...new Set(data.attributes.map((line) => line.metric))];
    const wanted = data.standing.find((name) => metrics.includes(name));
    const lines = data.attributes.filter((line) => line.metric === wanted);
    if (!lines.length) return null;
    const { title, scale } = data.metrics[wanted] || { title: wanted, scale: 1 };
    return section("By attribute", `Mean ${title} (${lines[0].protocol}) of the samples of each part, with 95% intervals.`,
      table(["Attribute", "", ...data.runs.map(runName)], lines.map((line, place) => el("tr", {},
        el("th", { scope: "row" }, place && lines[place - 1].attribute === line.attribute ? "" : line.attribute), el("td", {}, line.bin),
        line.runs.map((run, number_) => el("td", {}, run ? [el("span", { class: "value" }, number(run.value, scale, 1)),
          el("small", {}, ` ${run.samples} samples`), plots.interval(run.value, run.low, run.high, 1, RUNS[number_])] : "–")))), "by attribute"));
  }

  function asked(data) {
    return section("How it was asked", data.notes.length ? `What makes the runs differ besides the model. A is ${data.runs[0].name}, B is ${data.runs[1].name}.` : null, data.notes.length ? el("ul", {}, data.notes.map((note) => el("li", {}, note))) : null,
      el("div", { class: "columns" }, data.runs.map((run, place) => el("div", {}, el("h3", {}, runName(run, place)),
        el("dl", { class: "facts" }, [["history", run.history], ["takes tracks", run.takes_tracks ? "yes: it is given the whole tracks of the regions" : "no"],
          ...Object.entries(run.facts), ...Object.entries(run.card).map(([key, value]) => [`card: ${key}`, value])].map(([key, value]) => [el("dt", {}, key.replaceAll("_", " ")), el("dd", {}, value)])),
        table(["Coverage", "expected", "answered", "refused", "failed", "missing"], Object.entries(run.coverage).map(([protocol, found]) => el("tr", {}, el("th", { scope: "row" }, protocol),
          ["expected", "answered", "refused", "failed", "missing"].map((key) => el("td", { class: found[key] && (key === "failed" || key === "missing") ? "warn" : "" }, String(found[key]))))), "coverage")))));
  }

  return async function show(main) {
    const data = await report.load("overview");
    document.title = `${data.runs.map((run) => run.name).join(" and ")} on ${data.benchmark}`;
    main.replaceChildren(
      el("h1", {}, data.runs.flatMap((run, place) => [place ? " and " : "", runName(run, place)]), ` on ${data.benchmark}, ${data.split}`),
      el("div", { class: "summary" }, el("ul", {}, data.summary.map((line) => el("li", {}, line)))),
      el("p", {}, el("a", { class: "button", href: "#/samples" }, `Look at the samples (${data.shown.samples})`),
        data.shown.samples < data.shown.total && el("small", {}, ` ${data.shown.samples} of ${data.shown.total} have a page${data.filters.length ? `, filtered by ${data.filters.join(" and ")}` : ""}: the worst.`)),
      why(data) || "", scores(data), wrong(data), distributions(data), attributes(data) || "", asked(data));
  };
})();
