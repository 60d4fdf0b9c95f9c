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

  /* Best and second best of each benchmark, split, protocol and metric, if two models have it. */
  function marks(rows, lowerIsBetter) {
    const groups = new Map();
    for (const row of rows.filter(comparable)) {
      const key = JSON.stringify([row.benchmark, row.split, row.protocol, row.metric]);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    const marked = new Map();
    for (const group of groups.values()) {
      if (new Set(group.map((row) => row.model)).size < 2) continue;
      const sign = lowerIsBetter.includes(group[0].metric) ? 1 : -1;
      const values = [...new Set(group.map((row) => row.value))].sort((a, b) => sign * (a - b));
      for (const row of group) {
        if (row.value === values[0]) marked.set(row, "best");
        else if (row.value === values[1]) marked.set(row, "second");
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

  return { comparable, lines, marks, sorted };
})();
