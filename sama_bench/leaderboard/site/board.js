"use strict";
/* Shows the rows that the page carries. Text enters the page as text only, never as markup. */

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const control = (id) => document.getElementById(id);
  const ALL = "all benchmarks";
  const state = { sort: null, descending: true };

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  const distinct = (values) => [...new Set(values)];
  const metricName = (metric) => data.metrics[metric]?.name ?? metric.replaceAll("_", " ");
  const metricRank = (metric) => data.metrics[metric]?.rank ?? 999;
  const scale = (metric) => data.metrics[metric]?.scale ?? 1;
  const better = (metric) => data.metrics[metric]?.better ?? "higher";
  const benchmarkName = (name) => data.benchmarks[name] ?? name;
  const isWhole = (row) => row.part.whole;

  const PARTS = [
    ["whole", "whole splits", isWhole],
    ["group", "by source or type", (row) => row.part.group !== null && row.part.attribute === null],
    ...data.attributes.map((name) => [name, `by ${name}`, (row) => row.part.attribute === name]),
  ];

  /* all|turn=2 is written by machines; people read "all, turn 2". */
  const splitName = (split) => (split ?? "not named").replace(/\|(\w+)=/, ", $1 ");

  function number(value, metric) {
    const whole = data.metrics[metric]?.unit === "count" && Number.isInteger(value);
    const digits = scale(metric) === 100 ? 1 : whole || Math.abs(value) >= 10 ? 0 : 2;
    return (value * scale(metric)).toFixed(digits);
  }

  function fill(select, options, chosen) {
    select.replaceChildren(...options.map(([value, text]) => make("option", { value, selected: value === chosen }, text)));
    if (options.some(([value]) => value === chosen)) select.value = chosen;
  }

  /* What the controls leave of the rows; the choices of each depend on those before it. */
  function chosenRows() {
    const benchmark = control("benchmark").value;
    let rows = data.rows.filter((row) => benchmark === ALL || row.benchmark === benchmark);
    const parts = PARTS.filter(([, , keep]) => rows.some(keep));
    fill(control("part"), parts.map(([value, text]) => [value, text]), control("part").value || "whole");
    rows = rows.filter(PARTS.find(([value]) => value === control("part").value)?.[2] ?? isWhole);
    if (benchmark === ALL) rows = rows.filter((row) => row.headline);
    fillChoice("split", rows, (row) => row.split ?? "not named");
    rows = rows.filter((row) => picked("split", row.split ?? "not named"));
    fillChoice("protocol", rows, (row) => row.protocol);
    const text = control("model").value.trim().toLowerCase();
    return rows.filter((row) =>
      picked("protocol", row.protocol)
      && row.model.toLowerCase().includes(text)
      && control(row.kind === "published" ? "published" : "entries").checked
      && (!control("complete").checked || (row.complete && (row.coverage === null || row.coverage >= 1))));
  }

  const picked = (id, value) => ["", value].includes(control(id).value);

  function fillChoice(id, rows, of) {
    const values = distinct(rows.map(of)).sort();
    fill(control(id), [["", "all"], ...values.map((value) => [value, splitName(value)])], control(id).value);
  }

  function columnsOf(rows) {
    const grand = control("benchmark").value === ALL;
    const key = grand
      ? (row) => JSON.stringify([row.benchmark, row.split, row.metric])
      : (row) => JSON.stringify(["", "", row.metric]);
    const rank = new Map(Object.keys(data.benchmarks).map((name, place) => [name, place]));
    const columns = distinct(rows.map(key)).map((column) => ({ column, parts: JSON.parse(column) }));
    columns.sort((a, b) =>
      (rank.get(a.parts[0]) ?? 999) - (rank.get(b.parts[0]) ?? 999)
      || String(a.parts[1]).localeCompare(String(b.parts[1]))
      || metricRank(a.parts[2]) - metricRank(b.parts[2])
      || a.parts[2].localeCompare(b.parts[2]));
    return { grand, key, columns };
  }

  function heading({ parts: [benchmark, split, metric] }) {
    return benchmark ? `${benchmarkName(benchmark)} ${split ?? ""} ${metricName(metric)}`.replace(/\s+/g, " ") : metricName(metric);
  }

  const LABELS = {
    model: ["model", (line) => line.row.model],
    split: ["split", (line) => splitName(line.row.split)],
    protocol: ["protocol", (line) => line.row.protocol],
  };

  function header(id, text, numeric) {
    const sort = state.sort === id ? (state.descending ? "descending" : "ascending") : "none";
    const button = make("button", { type: "button", "data-sort": id }, text);
    button.addEventListener("click", () => {
      state.descending = state.sort === id ? !state.descending : numeric;
      state.sort = id;
      show();
      document.querySelector(`[data-sort=${CSS.escape(id)}]`)?.focus();
    });
    const kind = numeric ? "number" : id === "model" ? null : "wide";
    return make("th", { scope: "col", "aria-sort": sort, class: kind }, button);
  }

  function marker(text, notes) {
    if (!notes.includes(text)) notes.push(text);
    const place = notes.indexOf(text) + 1;
    const link = make("a", { href: `#note-${place}`, title: text }, String(place));
    link.addEventListener("click", (event) => {
      event.preventDefault(); // the address holds the filters
      document.querySelector(".notes .chosen")?.classList.remove("chosen");
      const note = control(`note-${place}`);
      note.classList.add("chosen");
      note.focus();
    });
    return make("sup", {}, link);
  }

  function bar(row, range) {
    const [low, high] = range;
    const at = (value) => `${(100 * (value - low)) / (high - low || 1)}%`;
    const inner = make("i");
    inner.style.left = at(row.low);
    inner.style.right = `calc(100% - ${at(row.high)})`;
    const tick = make("b");
    tick.style.left = at(row.value);
    return make("span", { class: "bar", "aria-hidden": "true" }, inner, tick);
  }

  function cell(row, mark, range, notes) {
    if (!row) return make("td", { class: "number" }, "–");
    const shown = row.value === null ? "n/a" : number(row.value, row.metric);
    const tag = { best: "b", second: "u" }[mark];
    const node = make("td", { class: "number" }, tag ? make(tag, {}, shown) : shown);
    if (row.p !== null && row.p < 0.05) {
      node.append(make("span", { title: `differs from the best of its column, corrected p = ${row.p.toPrecision(2)}` }, "*"));
    }
    for (const text of [row.variant, row.note]) if (text) node.append(marker(text, notes));
    if (control("intervals").checked && row.low !== null && row.value !== null) {
      node.append(make("small", {}, `[${number(row.low, row.metric)}, ${number(row.high, row.metric)}]`), bar(row, range));
    }
    for (const other of row.published) {
      const gap = (other.difference >= 0 ? "+" : "−") + number(Math.abs(other.difference), row.metric);
      const text = `published ${number(other.value, row.metric)} (${gap})`;
      node.append(make("small", { title: other.source }, text));
    }
    return node;
  }

  function source(row) {
    const safe = /^(https?:\/\/|entries\/|published\/)/.test(row.href ?? "");
    const node = make("td", { class: "source" }, safe ? make("a", { href: row.href, rel: "noopener" }, row.source) : row.source);
    if (row.url && /^https?:\/\//.test(row.url)) node.append(" ", make("a", { href: row.url, rel: "noopener" }, "source"));
    return node;
  }

  function coverage(line) {
    const least = Math.min(...[...line.cells.values()].map((row) => row.coverage ?? 1));
    const stated = [...line.cells.values()].some((row) => row.coverage !== null);
    if (!stated) return ["not stated", 1];
    return [least >= 1 ? "100%" : `${Math.min(Math.floor(least * 1000) / 10, 99.9)}%`, least];
  }

  function ranges(rows, key) {
    const found = new Map();
    for (const row of rows.filter((row) => row.low !== null)) {
      const [low, high] = found.get(key(row)) ?? [Infinity, -Infinity];
      found.set(key(row), [Math.min(low, row.low), Math.max(high, row.high)]);
    }
    return found;
  }

  /* A metric that should be near to a number is sorted by how near it is. */
  function sortValue(row) {
    if (!row || row.value === null) return null;
    return typeof better(row.metric) === "number" ? Rank.goodness(row.value, better(row.metric)) : row.value;
  }

  function show() {
    const rows = chosenRows();
    const { grand, key, columns } = columnsOf(rows);
    const labels = grand ? ["model", "protocol"] : ["model", "split", "protocol"];
    const lines = Rank.lines(rows, key, (row) => [row.model, grand ? "" : row.split, row.protocol, row.source, row.about]);
    const marks = Rank.marks(rows, better);
    const span = ranges(rows, key);
    const notes = [];
    if (!columns.some(({ column }) => column === state.sort) && !LABELS[state.sort]) {
      const first = columns.find(({ column }) => rows.some((row) => row.headline && key(row) === column)) ?? columns[0];
      state.sort = first?.column ?? null;
      state.descending = better(first?.parts[2]) !== "lower";
    }
    const valueOf = LABELS[state.sort]?.[1] ?? ((line) => sortValue(line.cells.get(state.sort)));
    const body = Rank.sorted(lines, valueOf, state.descending).map((line) => {
      const [share, least] = coverage(line);
      const name = make("th", { scope: "row" }, line.row.model);
      for (const text of line.row.about) name.append(marker(text, notes));
      const where = labels.slice(1).map((label) => LABELS[label][1](line)).join(", ");
      name.append(make("small", { class: "narrow" }, where));
      const classes = [line.row.kind === "published" ? "published" : "entry", least < 1 ? "part-coverage" : ""];
      return make("tr", { class: classes.join(" ").trim() },
        name,
        ...labels.slice(1).map((label) => make("td", { class: "wide" }, LABELS[label][1](line))),
        ...columns.map(({ column }) => {
          const row = line.cells.get(column);
          return cell(row, marks.get(row), span.get(column) ?? [0, 1], notes);
        }),
        make("td", { class: "coverage" }, share),
        source(line.row));
    });
    const head = make("tr", {},
      ...labels.map((label) => header(label, LABELS[label][0], false)),
      ...columns.map((column) => header(column.column, heading(column), true)),
      make("th", { scope: "col" }, make("span", { class: "plain" }, "coverage")),
      make("th", { scope: "col" }, make("span", { class: "plain" }, "from")));
    const caption = make("caption", { class: "skip" }, `Scores: ${control("benchmark").value}`);
    control("scores").replaceChildren(body.length
      ? make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...body))
      : make("p", { class: "empty" }, "Nothing fits these filters."));
    control("notes").replaceChildren(...notes.map((text, place) =>
      make("li", { id: `note-${place + 1}`, tabindex: "-1" }, make("sup", {}, String(place + 1)), " ", text)));
    control("count").textContent = `${body.length} ${body.length === 1 ? "line" : "lines"}, ${distinct(rows.map((row) => row.model)).length} models`;
    remember();
  }

  /* The filters live in the address, so that a view can be sent to somebody. */
  const KEPT = ["benchmark", "part", "split", "protocol", "model"];
  const TICKED = ["entries", "published", "complete", "intervals"];

  function remember() {
    const kept = new URLSearchParams();
    for (const id of KEPT) if (control(id).value) kept.set(id, control(id).value);
    for (const id of TICKED) if (control(id).checked !== control(id).defaultChecked) kept.set(id, control(id).checked ? "1" : "0");
    if (state.sort) kept.set("sort", (state.descending ? "-" : "") + state.sort);
    history.replaceState(null, "", `#${kept}`);
  }

  function recall() {
    const kept = new URLSearchParams(location.hash.slice(1));
    const benchmarks = [ALL, ...distinct(data.rows.map((row) => row.benchmark))];
    const rank = Object.keys(data.benchmarks);
    benchmarks.sort((a, b) => (a !== ALL) - (b !== ALL) || (rank.indexOf(a) + 1 || 999) - (rank.indexOf(b) + 1 || 999) || a.localeCompare(b));
    const first = data.first ?? ALL;
    fill(control("benchmark"), benchmarks.map((name) => [name, name === ALL ? ALL : benchmarkName(name)]), kept.get("benchmark") ?? first);
    fill(control("part"), PARTS.map(([value, text]) => [value, text]), kept.get("part") ?? "whole");
    for (const id of ["split", "protocol"]) fill(control(id), ["", kept.get(id) ?? ""].map((v) => [v, v]), kept.get(id) ?? "");
    control("model").value = kept.get("model") ?? "";
    for (const id of TICKED) if (kept.has(id)) control(id).checked = kept.get(id) === "1";
    const sort = kept.get("sort");
    if (sort) [state.sort, state.descending] = sort.startsWith("-") ? [sort.slice(1), true] : [sort, false];
  }

  recall();
  show();
  control("filters").addEventListener("input", show);
  control("filters").addEventListener("submit", (event) => event.preventDefault());
})();
