// Run-length masks decoded and painted. COCO counts run down the columns.
"use strict";

report.masks = (() => {
  const MOST = 1 << 26; // pixels; a larger mask is not decoded

  // Compressed counts -> run lengths: six bits a character, differences from the fourth on.
  function runs(counts) {
    const found = [];
    let place = 0;
    while (place < counts.length) {
      let value = 0, shift = 0, more = true;
      while (more && place < counts.length) {
        const code = counts.charCodeAt(place++) - 48;
        value |= (code & 31) << shift;
        more = (code & 32) !== 0;
        shift += 5;
        if (!more && code & 16 && shift < 32) value |= -1 << shift;
      }
      if (found.length > 2) value += found[found.length - 2];
      found.push(value);
    }
    return found;
  }

  // -> {height, width, data: Uint8Array in rows} or null
  function decode(mask) {
    if (!mask) return null;
    const [height, width] = mask.size;
    if (height * width > MOST) return null;
    const data = new Uint8Array(height * width);
    let pixel = 0, on = false;
    for (const run of runs(mask.counts)) {
      const end = Math.min(pixel + run, height * width);
      if (on) {
        let x = (pixel / height) | 0, y = pixel % height;
        for (; pixel < end; pixel++) {
          data[y * width + x] = 1;
          if (++y === height) { y = 0; x++; }
        }
      }
      pixel = end;
      on = !on;
    }
    return { height, width, data };
  }

  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  function edge(mask, x, y) {
    const { height, width, data } = mask;
    return (
      x === 0 || y === 0 || x === width - 1 || y === height - 1 ||
      !data[y * width + x - 1] || !data[y * width + x + 1] ||
      !data[(y - 1) * width + x] || !data[(y + 1) * width + x]
    );
  }

  // Patterns tell what colours tell: predicted filled, reference striped, spurious crossed.
  const PATTERNS = {
    outline: () => 0.18,
    fill: () => 0.55,
    stripes: (x, y, step) => ((x + y) % step < step / 3 ? 0.95 : 0.12),
    cross: (x, y, step) => ((x + y) % step < step / 4 || (x - y + 9999 * step) % step < step / 4 ? 0.95 : 0.15),
  };

  function layer(mask, colour, pattern) {
    const { height, width, data } = mask;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    const [r, g, b] = rgb(colour);
    const step = Math.max(4, Math.round(Math.max(width, height) / 55));
    const thick = Math.max(width, height) > 700;
    const alpha = PATTERNS[pattern];
    let sumX = 0, sumY = 0, area = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        if (!data[at]) continue;
        sumX += x; sumY += y; area++;
        const border = edge(mask, x, y) || (thick && x > 0 && y > 0 && (edge(mask, x - 1, y) || edge(mask, x, y - 1)));
        image.data[4 * at] = r;
        image.data[4 * at + 1] = g;
        image.data[4 * at + 2] = b;
        image.data[4 * at + 3] = 255 * (border ? 1 : alpha(x, y, step));
      }
    }
    context.putImageData(image, 0, 0);
    return { canvas, area, x: sumX / area / width, y: sumY / area / height };
  }

  function label(context, text, x, y, colour) {
    const size = Math.max(13, context.canvas.width / 32);
    context.font = `700 ${size}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const wide = context.measureText(text).width + size * 0.6;
    const px = Math.min(Math.max(x, wide / 2), context.canvas.width - wide / 2);
    const py = Math.min(Math.max(y, size), context.canvas.height - size);
    context.fillStyle = "#fff";
    context.fillRect(px - wide / 2, py - size * 0.7, wide, size * 1.4);
    context.strokeStyle = colour;
    context.lineWidth = Math.max(2, size / 7);
    context.strokeRect(px - wide / 2, py - size * 0.7, wide, size * 1.4);
    context.fillStyle = "#000";
    context.fillText(text, px, py);
  }

  // layers: [{mask, colour, pattern, label}]
  function paint(context, layers, opacity, labels = true) {
    const { width, height } = context.canvas;
    const marks = [];
    context.imageSmoothingEnabled = true;
    for (const item of layers) {
      const mask = decode(item.mask);
      if (!mask) continue;
      const made = layer(mask, item.colour, item.pattern);
      if (!made.area) continue;
      context.globalAlpha = opacity;
      context.drawImage(made.canvas, 0, 0, width, height);
      context.globalAlpha = 1;
      if (item.label) marks.push([item.label, made.x * width, made.y * height, item.colour]);
    }
    if (labels && opacity > 0) for (const mark of marks) label(context, ...mark);
  }

  function union(masks) {
    const known = masks.map(decode).filter(Boolean);
    if (!known.length) return null;
    const sum = { height: known[0].height, width: known[0].width, data: new Uint8Array(known[0].data) };
    for (const mask of known.slice(1)) {
      if (mask.data.length !== sum.data.length) return sum;
      for (let at = 0; at < mask.data.length; at++) sum.data[at] |= mask.data[at];
    }
    return sum;
  }

  // What is right, missed and spurious, all objects together.
  function paintErrors(context, predicted, targets, opacity) {
    const ours = union(predicted), wanted = union(targets);
    const shape = ours || wanted;
    if (!shape) return;
    const parts = [["#56B4E9", "fill"], ["#F0E442", "stripes"], [report.WRONG, "cross"]];
    parts.forEach(([colour, pattern], kind) => {
      const data = new Uint8Array(shape.data.length);
      for (let at = 0; at < data.length; at++) {
        const a = ours ? ours.data[at] : 0, b = wanted ? wanted.data[at] : 0;
        data[at] = kind === 0 ? a & b : kind === 1 ? b & (1 - a) : a & (1 - b);
      }
      context.globalAlpha = opacity;
      const made = layer({ ...shape, data }, colour, pattern);
      context.drawImage(made.canvas, 0, 0, context.canvas.width, context.canvas.height);
      context.globalAlpha = 1;
    });
  }

  return { runs, decode, paint, paintErrors };
})();
