// Texts of models and data sets: marked phrases in the colours of their masks, all else as it is.
"use strict";

report.words = (() => {
  const { el } = report;
  const MARK = /<p>((?:(?!<\/?p>)[\s\S])*)<\/p>|\[SEG\]|<mask>/g;

  function chip(text, colour, title) {
    return el("span", { class: "chip", style: { "--c": colour }, title }, text);
  }

  // labels(k) -> {text, colour} of the k-th mask, or null where there is none
  function grounded(text, labels) {
    const parts = [];
    let last = 0, phrase = 0;
    for (const match of text.matchAll(MARK)) {
      parts.push(text.slice(last, match.index));
      last = match.index + match[0].length;
      if (match[1] !== undefined) {
        const of = labels(phrase++);
        const colour = of ? of.colour : "var(--quiet)";
        parts.push(el("mark", { class: "phrase", style: { "--c": colour } }, match[1].trim(),
          of ? chip(of.text, colour, "mask of this phrase") : el("small", {}, " (no mask)")));
      }
      // [SEG] is said by the chip of its phrase
      else if (match[0] === "<mask>") parts.push(match[0]);
    }
    parts.push(text.slice(last));
    return el("p", { class: "said" }, parts);
  }

  // A question, its regions as buttons that go to the frame on which they are marked.
  function question(text, regions, go) {
    const parts = [];
    text.split("<mask>").forEach((part, place) => {
      if (place > 0) {
        const region = regions[place - 1];
        parts.push(region
          ? el("button", { type: "button", class: "region", title: `marked on frame ${region.frame}`,
              onclick: () => go(region.frame) }, `region ${place}, frame ${region.frame}`)
          : "<mask>");
      }
      parts.push(part);
    });
    return el("p", { class: "said asked" }, parts);
  }

  return { grounded, question, chip };
})();
