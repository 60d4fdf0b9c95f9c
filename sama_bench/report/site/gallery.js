// The samples as cards, worst first; pictures are painted when they come into view.
"use strict";

report.gallery = (() => {
  const { el, number, words } = report;
  const STEP = 48;

  function readQuery() {
    return Object.fromEntries(new URLSearchParams(location.hash.split("?")[1] || ""));
  }

  function writeQuery(query) {
    const kept = Object.entries(query).filter(([, value]) => value);
    const text = new URLSearchParams(kept).toString();
    history.replaceState(null, "", `#/samples${text ? `?${text}` : ""}`);
  }

  const value = (card, run) => card.views[run]?.value ?? null;
  const gap = (card) => Math.abs((value(card, 0) ?? 0) - (value(card, 1) ?? 0));
  const ORDERS = {
    worst: ["worst first", null],
    low: ["lowest score first", (a, b) => (value(a, 0) ?? -1) - (value(b, 0) ?? -1)],
    gap: ["largest gap between the runs", (a, b) => gap(b) - gap(a)],
    protocol: ["largest gap between the protocols", (a, b) => protocolGap(b) - protocolGap(a)],
    id: ["by id", (a, b) => a.id.localeCompare(b.id)],
  };
  const protocolGap = (card) => Math.max(...card.views.map((view) => Math.abs((view.released ?? 0) - (view.value ?? view.released ?? 0))));

  function fits(card, query) {
    const text = (query.text || "").toLowerCase();
    if (text && !`${card.id} ${card.question} ${card.group}`.toLowerCase().includes(text)) return false;
    if (query.group && card.group !== query.group) return false;
    if (!query.kind) return true;
    const views = query.run ? [card.views[query.run]] : card.views;
    return views.some((view) => view && view.kinds.includes(query.kind));
  }

  function select(cards, query) {
    const found = cards.filter((card) => fits(card, query));
    const order = ORDERS[query.sort]?.[1];
    return order ? found.sort(order) : found;
  }

  async function picture(canvas, card, about) {
    const part = Math.floor(card.n / about.pictures_a_file);
    const data = (await report.load(`pictures/${part}`))[card.n];
    if (!data) return canvas.replaceWith(el("p", { class: "nothing" }, "no frame"));
    const image = new Image();
    image.src = data.picture;
    await image.decode();
    canvas.width = 320;
    canvas.height = Math.round((320 * data.height) / data.width);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const view = data.views[canvas.dataset.run];
    const pairs = view.pairs && view.pairs.map(([target, prediction]) => ({ target, prediction }));
    report.masks.paint(context, [
      ...data.targets.map((mask, n) => ({ mask, colour: report.colour(n), pattern: "stripes", label: String(n + 1) })),
      ...view.masks.map((mask, n) => {
        const colour = report.colourOf(view.masks, pairs, n);
        return { mask, colour, pattern: colour === report.WRONG ? "cross" : "fill", label: String.fromCharCode(65 + (n % 26)) };
      }),
    ], 0.85);
  }

  function drawCard(card, about, watch) {
    const titles = card.views.map((view, run) => el("p", { class: "verdict" },
      about.runs.length > 1 && el("span", { class: `run run${run}` }, about.runs[run].name, " "),
      view.value === null ? el("b", {}, view.status === "answered" ? "no value" : view.status) : el("b", {}, `${about.metrics[view.metric]?.title ?? view.metric} ${number(view.value, about.metrics[view.metric]?.scale ?? 1, 1)}`),
      " ", view.kinds.map((kind) => el("span", { class: `tag ${kind}` }, about.kinds[kind].title))));
    const canvases = card.views.map((_, run) => {
      const canvas = el("canvas", { width: 320, height: 180, "data-run": run, "aria-hidden": true });
      watch(canvas, card);
      return canvas;
    });
    return el("li", {}, el("a", { class: "card", href: `#/sample/${card.n}` },
      el("div", { class: "pictures" }, canvases), titles,
      el("p", { class: "question" }, card.question.replaceAll("<mask>", "▢")), el("small", {}, card.id)));
  }

  function kinds(cards, about) {
    const count = {};
    for (const card of cards) for (const kind of new Set(card.views.flatMap((view) => view.kinds))) count[kind] = (count[kind] || 0) + 1;
    return Object.keys(about.kinds).filter((kind) => count[kind]).map((kind) => [kind, `${about.kinds[kind].title} (${count[kind]})`]);
  }

  const choice = (name, label, options, query, change) => el("label", {}, label, el("select", { name, onchange: (event) => change({ [name]: event.target.value }) },
    options.map(([key, title]) => el("option", { value: key, selected: (query[name] || "") === key }, title))));

  async function show(main) {
    const [cards, about] = await Promise.all([report.load("gallery"), report.load("overview")]);
    document.title = `Samples of ${about.runs.map((run) => run.name).join(" and ")}`;
    let query = readQuery();
    const list = el("ul", { class: "cards" });
    const count = el("p", { role: "status", class: "help" });
    const more = el("button", { type: "button", onclick: () => grow() }, "More");
    const waiting = new WeakMap();
    const watcher = new IntersectionObserver((seen) => {
      for (const item of seen) if (item.isIntersecting) {
        watcher.unobserve(item.target);
        picture(item.target, waiting.get(item.target), about).catch(() => item.target.replaceWith(el("p", { class: "nothing" }, "the picture is missing")));
      }
    }, { rootMargin: "300px" });
    const watch = (canvas, card) => { waiting.set(canvas, card); watcher.observe(canvas); };
    const end = new IntersectionObserver((seen) => seen.some((item) => item.isIntersecting) && grow(), { rootMargin: "600px" });
    let found = [], drawn = 0;
    function grow() {
      list.append(...found.slice(drawn, drawn + STEP).map((card) => drawCard(card, about, watch)));
      drawn = Math.min(found.length, drawn + STEP);
      more.hidden = drawn === found.length;
    }
    function refresh() {
      found = select(cards.slice(), query);
      report.state.order = found.map((card) => card.n);
      report.state.back = location.hash;
      count.textContent = `${found.length} of ${cards.length} samples`;
      list.replaceChildren();
      drawn = 0;
      grow();
      if (!found.length) list.append(el("li", {}, "No sample fits."));
    }
    function change(part) {
      query = { ...query, ...part };
      writeQuery(query);
      refresh();
    }
    const groups = [...new Set(cards.map((card) => card.group).filter(Boolean))].sort();
    const orders = Object.entries(ORDERS).filter(([key]) => key !== "gap" || about.runs.length > 1);
    main.replaceChildren(el("h1", {}, "Samples"), el("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
      choice("kind", "What went wrong", [["", "anything"], ...kinds(cards, about)], query, change),
      about.runs.length > 1 && choice("run", "in", [["", "any run"], ...about.runs.map((run, place) => [String(place), run.name])], query, change),
      groups.length > 1 && choice("group", "Source or type", [["", "all"], ...groups.map((name) => [name, name])], query, change),
      choice("sort", "Order", orders.map(([key, [title]]) => [key === "worst" ? "" : key, title]), query, change),
      el("label", {}, "Search", el("input", { type: "search", name: "text", value: query.text || "", placeholder: "id or question", autocomplete: "off",
        oninput: (event) => change({ text: event.target.value }) }))), count,
      el("p", { class: "help" }, "Filled: predicted, with letters. Striped: reference, with numbers. Crossed: belongs to no target."), list, more);
    refresh();
    end.observe(more);
    return { key(event) {
      if (event.key !== "n" && event.key !== "p") return false;
      const all = [...list.querySelectorAll(".card")];
      const now = all.indexOf(document.activeElement);
      all[Math.min(all.length - 1, Math.max(0, now + (event.key === "n" ? 1 : -1)))]?.focus();
      return true;
    } };
  }

  show.select = select;
  return show;
})();
