// What all parts share: loading data, building elements, writing numbers.
"use strict";

const report = (() => {
  const waiting = new Map(); // name -> {promise, resolve}
  const KEEP = 60; // samples and pictures kept in memory
  const kept = [];

  // Data files are scripts, because a page opened from disk may not fetch.
  function load(name) {
    if (waiting.has(name)) return waiting.get(name).promise;
    const entry = {};
    entry.promise = new Promise((resolve, reject) => {
      entry.resolve = resolve;
      const script = document.createElement("script");
      script.src = `data/${name}.js`;
      script.onload = () => script.remove();
      script.onerror = () => {
        script.remove();
        waiting.delete(name);
        reject(new Error(`data/${name}.js is missing`));
      };
      document.head.append(script);
    });
    waiting.set(name, entry);
    if (name.includes("/")) {
      kept.push(name);
      if (kept.length > KEEP) waiting.delete(kept.shift());
    }
    return entry.promise;
  }

  function receive(name, data) {
    waiting.get(name)?.resolve(data);
  }

  // el("p", {class: "x", onclick: f}, "text", node): strings become text, never markup.
  function el(tag, props, ...children) {
    const svg = ["svg", "path", "line", "circle", "rect", "text", "g", "title", "polyline"];
    const node = svg.includes(tag)
      ? document.createElementNS("http://www.w3.org/2000/svg", tag)
      : document.createElement(tag);
    for (const [key, value] of Object.entries(props || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (key === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
      else node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  }

  function number(value, scale = 1, digits = null) {
    if (value === null || value === undefined) return "–";
    const scaled = value * scale;
    return scaled.toFixed(digits ?? (scale === 1 ? 3 : 1));
  }

  return { load, receive, el, number, state: {} };
})();

// One colour per object (Okabe and Ito, told apart with any colour vision); always with a label.
report.COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442"];
report.WRONG = "#D55E00";
report.colour = (index) => report.COLOURS[index % report.COLOURS.length];

// A prediction has the colour of the target that it lies on.
report.colourOf = (masks, pairs, prediction) => {
  if (!pairs) return report.colour(prediction);
  const pair = pairs.find((item) => item.prediction === prediction);
  return pair ? report.colour(pair.target) : report.WRONG;
};
