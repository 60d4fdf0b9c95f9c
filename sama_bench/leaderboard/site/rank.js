"use strict";
/* From tidy rows to lines and columns, and which numbers may be called best. No page in here. */

const Rank = (() => {
  const comparable = (row) =>
    row.value !== null && !row.variant && !row.unranked && (row.coverage === null || row.coverage >= 1);

  /* Rows that share model, split, protocol and source make one line; a second number for the same
     column opens another. */
  function lines(rows, columnOf, labelsOf) {
    const found = new Map();
    for (const row of rows) {
      const column = columnOf(row);
      const base = JSON.stringify(labelsOf(row));
      let copy = 0;
      while (found.has(base + copy) && found.get(base + copy).cells.has(column)) copy += 1;
      const key = base + copy;
      if (!found.has(key)) found.set(key, { row, cells: new Map() });
      found.get(key).cells.set(column, row);
    }
    return [...found.values()];
  }

  /* The larger the better: "higher", "lower", or a number that values should be near to. */
  function goodness(value, better) {
    if (typeof better === "number") return -Math.abs(value - better);
    return better === "lower" ? -value : value;
  }

  /* Best and second best of each benchmark, split, protocol and metric, if two models have it. */
  function marks(rows, betterOf) {
    const groups = new Map();
    for (const row of rows.filter(comparable)) {
      const key = JSON.stringify([row.benchmark, row.split, row.protocol, row.metric]);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    const marked = new Map();
    for (const group of groups.values()) {
      if (new Set(group.map((row) => row.model)).size < 2) continue;
      const good = (row) => goodness(row.value, betterOf(row.metric));
      const values = [...new Set(group.map(good))].sort((a, b) => b - a);
      for (const row of group) {
        if (good(row) === values[0]) marked.set(row, "best");
        else if (good(row) === values[1]) marked.set(row, "second");
      }
    }
    return marked;
  }

  /* What does not exist stands last, whichever way is sorted. */
  function sorted(items, valueOf, descending) {
    const text = (a, b) => a.localeCompare(b, undefined, { numeric: true, sensitivity: "base" });
    return items
      .map((item, place) => ({ item, place, value: valueOf(item) }))
      .sort((a, b) => {
        if (a.value === null || b.value === null) {
          return (a.value === null) - (b.value === null) || a.place - b.place;
        }
        const order = typeof a.value === "string" ? text(a.value, b.value) : a.value - b.value;
        return (descending ? -order : order) || a.place - b.place;
      })
      .map((wrapped) => wrapped.item);
  }

  return { comparable, goodness, lines, marks, sorted };
})();
