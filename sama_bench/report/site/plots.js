// Small plots as SVG: lines over frames, intervals, histograms, bars.
"use strict";

report.plots = (() => {
  const { el } = report;

  // lines: [{values, colour, dash, label}], values in 0..1; go(frame) on click
  function overFrames(lines, total, go) {
    const width = 600, height = 150, left = 34, bottom = 20, top = 8;
    const x = (frame) => left + (frame / Math.max(1, total - 1)) * (width - left - 8);
    const y = (value) => top + (1 - value) * (height - top - bottom);
    const grid = [0, 0.5, 1].map((value) => el("g", {},
      el("line", { x1: left, x2: width - 8, y1: y(value), y2: y(value), class: "grid" }),
      el("text", { x: left - 5, y: y(value) + 4, "text-anchor": "end" }, String(value))));
    const ends = [0, total - 1].map((frame, place) =>
      el("text", { x: x(frame), y: height - 4, "text-anchor": place ? "end" : "start" }, `frame ${frame}`));
    const drawn = lines.map((line) => el("polyline", {
      points: line.values.map((value, frame) => `${x(frame).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
      fill: "none", stroke: line.colour, "stroke-width": line.wide || 2.5, "stroke-dasharray": line.dash,
    }, el("title", {}, line.label)));
    const cursor = el("line", { class: "cursor", y1: top, y2: height - bottom });
    const dots = lines.map((line) => el("circle", { r: 4, fill: line.colour, class: "dot" }));
    const picture = el("svg", { viewBox: `0 0 ${width} ${height}`, class: "series", role: "img",
      "aria-label": `J over ${total} frames: ${lines.map((line) => line.label).join(", ")}`,
      onclick: (event) => {
        const box = picture.getBoundingClientRect();
        const at = ((event.clientX - box.left) / box.width) * width;
        go(Math.round(((at - left) / (width - left - 8)) * (total - 1)));
      } }, grid, ends, drawn, cursor, dots);
    const shown = lines.map(() => el("b", {}));
    const key = el("ul", { class: "key" }, lines.map((line, place) => el("li", {},
      el("svg", { viewBox: "0 0 26 8", class: "stroke" }, el("line", { x1: 0, x2: 26, y1: 4, y2: 4,
        stroke: line.colour, "stroke-width": 3, "stroke-dasharray": line.dash })), `${line.label} `, shown[place])));
    function at(frame) {
      cursor.setAttribute("x1", x(frame));
      cursor.setAttribute("x2", x(frame));
      lines.forEach((line, place) => {
        const value = line.values[Math.min(frame, line.values.length - 1)];
        dots[place].setAttribute("cx", x(frame));
        dots[place].setAttribute("cy", y(value));
        shown[place].textContent = value.toFixed(2);
      });
    }
    at(0);
    return { node: el("figure", {}, total > 1 && picture, key), at }; // an image needs no time axis
  }

  // One value with its interval on the scale 0..top.
  function interval(value, low, high, top, colour) {
    const share = (number) => `${Math.min(100, Math.max(0, (100 * number) / top))}%`;
    return el("span", { class: "interval", "aria-hidden": true },
      low !== null && low !== undefined && el("i", { style: { left: share(low), width: share(high - low), background: colour } }),
      el("b", { style: { left: share(value) } }));
  }

  // series: [{counts, colour, label}]; bars of several runs stand side by side
  function histogram(series, top, scale, title) {
    const bins = series[0].counts.length, width = 300, height = 110, bottom = 16;
    const most = Math.max(1, ...series.flatMap((item) => item.counts));
    const room = (width - 4) / bins, bar = (room - 1.5) / series.length;
    const bars = series.flatMap((item, place) => item.counts.map((count, bin) => el("rect", {
      x: 2 + bin * room + place * bar, width: bar, fill: item.colour, "fill-opacity": place ? 0.75 : 1,
      y: height - bottom - (count / most) * (height - bottom - 12), height: (count / most) * (height - bottom - 12),
    }, el("title", {}, `${item.label}: ${count} samples from ${report.number((bin / bins) * top, scale)} to ${report.number(((bin + 1) / bins) * top, scale)}`))));
    return el("figure", { class: "histogram" },
      el("figcaption", {}, title),
      el("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `distribution of ${title} over samples` },
        el("line", { x1: 0, x2: width, y1: height - bottom, y2: height - bottom, class: "grid" }), bars,
        el("text", { x: 2, y: height - 3 }, "0"),
        el("text", { x: width - 2, y: height - 3, "text-anchor": "end" }, report.number(top, scale, scale === 1 ? 1 : 0)),
        el("text", { x: width - 2, y: 9, "text-anchor": "end" }, `highest bar ${most}`)));
  }

  function bar(value, most, colour, signed = false) {
    const share = most ? (100 * Math.abs(value)) / most : 0;
    return el("span", { class: "bar", "aria-hidden": true },
      el("i", { class: signed && value < 0 ? "against" : "", style: { width: `${share}%`, background: colour } }));
  }

  return { overFrames, interval, histogram, bar };
})();
