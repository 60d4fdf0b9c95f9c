// A video frame by frame with its masks; several canvases (one a run) show the same frame.
"use strict";

report.player = (() => {
  const { el } = report;
  const MODES = { both: "both", predicted: "predicted", reference: "reference", errors: "errors", none: "none" };

  function layersOf(data, view, place, mode) {
    const pairs = view.tracks ? view.tracks.pairs : null;
    const at = (track) => (track.counts[place] ? { size: track.size, counts: track.counts[place] } : null);
    const targets = (data.reference?.masks || []).map((track, n) => ({ mask: at(track), colour: report.colour(n), pattern: "stripes", label: String(n + 1) }));
    const predicted = view.masks.map((track, n) => {
      const colour = report.colourOf(view.masks, pairs, n);
      return { mask: at(track), colour, pattern: colour === report.WRONG ? "cross" : "fill", label: track.name };
    });
    return { targets: mode === "predicted" ? [] : targets, predicted: mode === "reference" ? [] : predicted };
  }

  function drawRegions(context, data, frame) {
    const { width, height } = context.canvas;
    for (const region of data.regions.filter((item) => item.frame === frame)) {
      if (region.mask) report.masks.paint(context, [{ mask: region.mask, colour: "#ffffff", pattern: "outline" }], 1);
      context.strokeStyle = "#fff";
      context.setLineDash([6, 4]);
      context.lineWidth = 2;
      const [sx, sy] = [width / data.frames.width, height / data.frames.height];
      if (region.box) context.strokeRect(region.box[0] * sx, region.box[1] * sy, (region.box[2] - region.box[0]) * sx, (region.box[3] - region.box[1]) * sy);
      if (region.point) { context.beginPath(); context.arc(region.point[0] * sx, region.point[1] * sy, 7, 0, 7); context.stroke(); }
      context.setLineDash([]);
    }
  }

  return function make(data, runs, changed) {
    const { shown } = data.frames;
    const pictures = new Map();
    let place = 0, timer = null;
    const options = report.state.player || (report.state.player = { mode: "both", opacity: 0.8, regions: true });
    const width = Math.max(480, Math.min(960, data.frames.width));
    const canvases = data.views.map((_, run) => el("canvas", { width, height: Math.round((width * data.frames.height) / data.frames.width),
      role: "img", "aria-label": `frame with the masks of ${runs[run].name}` }));
    const said = el("output", {});
    const slider = el("input", { type: "range", min: 0, max: shown.length - 1, value: 0, "aria-label": "frame", oninput: () => go(+slider.value) });
    const play = el("button", { type: "button", onclick: () => toggle(), "aria-label": "play" }, "▶");
    const opacity = el("input", { type: "range", min: 0, max: 1, step: 0.05, value: options.opacity, oninput: () => { options.opacity = +opacity.value; draw(); } });
    const regions = el("input", { type: "checkbox", checked: options.regions, onchange: () => { options.regions = regions.checked; draw(); } });
    const modes = el("select", { onchange: () => { options.mode = modes.value; draw(); } },
      Object.entries(MODES).map(([key, title]) => el("option", { value: key, selected: key === options.mode }, title)));
    const legend = el("p", { class: "legend" });

    function picture(index) {
      if (!pictures.has(index)) {
        const image = new Image();
        image.src = `${data.frames.folder}/${index}.webp`;
        pictures.set(index, image.decode().then(() => image));
      }
      return pictures.get(index);
    }

    async function draw() {
      const now = place;
      let image = null;
      try { image = await picture(shown[now]); } catch { /* the canvas says that the frame is missing */ }
      if (now !== place) return;
      canvases.forEach((canvas, run) => {
        const context = canvas.getContext("2d");
        context.clearRect(0, 0, canvas.width, canvas.height);
        if (image) context.drawImage(image, 0, 0, canvas.width, canvas.height);
        else { context.fillStyle = "#888"; context.fillText("this frame is missing", 20, 30); }
        if (options.regions) drawRegions(context, data, shown[now]);
        const { targets, predicted } = layersOf(data, data.views[run], now, options.mode);
        if (options.mode === "errors") report.masks.paintErrors(context, predicted.map((x) => x.mask), targets.map((x) => x.mask), options.opacity);
        else if (options.mode !== "none") report.masks.paint(context, [...targets, ...predicted], options.opacity);
      });
      legend.replaceChildren(...(options.mode === "errors"
        ? [swatch("#56B4E9", "fill", "right"), swatch("#F0E442", "stripes", "missed"), swatch(report.WRONG, "cross", "spurious")]
        : [swatch("#0072B2", "fill", "predicted (A, B, …)"), swatch("#0072B2", "stripes", "reference (1, 2, …)"), swatch(report.WRONG, "cross", "predicted, on no target"),
          data.regions.some((region) => region.frame === shown[now]) && swatch("#ffffff", "dashed", "marked on this frame for the question")].filter(Boolean)));
      for (let ahead = 1; ahead < 4; ahead++) if (shown[now + ahead] !== undefined) picture(shown[now + ahead]).catch(() => null);
    }

    const swatch = (colour, pattern, text) => el("span", {}, el("i", { class: `swatch ${pattern}`, style: { "--c": colour } }), text);

    function go(next) {
      place = Math.min(shown.length - 1, Math.max(0, next));
      slider.value = place;
      said.textContent = `frame ${shown[place]} of ${data.frames.total}`;
      changed(shown[place]);
      return draw();
    }

    function toFrame(frame) {
      let best = 0;
      shown.forEach((index, n) => { if (Math.abs(index - frame) < Math.abs(shown[best] - frame)) best = n; });
      go(best);
    }

    function toggle(on = timer === null) {
      clearInterval(timer);
      timer = on ? setInterval(() => (document.contains(slider) ? go((place + 1) % shown.length) : toggle(false)), 125) : null;
      play.textContent = on ? "❚❚" : "▶";
      play.setAttribute("aria-label", on ? "stop" : "play");
    }

    function cycle() {
      const names = Object.keys(MODES);
      options.mode = names[(names.indexOf(options.mode) + 1) % names.length];
      modes.value = options.mode;
      draw();
    }

    const controls = el("div", { class: "controls" },
      shown.length > 1 && el("div", { class: "seek" }, el("button", { type: "button", "aria-label": "one frame back", onclick: () => go(place - 1) }, "◀|"), play,
        el("button", { type: "button", "aria-label": "one frame on", onclick: () => go(place + 1) }, "|▶"), slider, said),
      el("div", { class: "looks" }, el("label", {}, "Masks ", modes), el("label", {}, "Opacity ", opacity),
        data.regions.length > 0 && el("label", {}, regions, " what was asked about")), legend);
    return { canvases, controls, go, toFrame, toggle, cycle, step: (by) => go(place + by), shown };
  };
})();
