// The output of a test: colors of the terminal, diffs, and links to the sources.

const colorForm = /\x1b\[([0-9;:]*)m/g;

// Pen is how the next text looks. apply changes it by the numbers of a sequence.
class Pen {
  constructor() { this.reset(); }

  reset() { Object.assign(this, { fore: null, back: null, bold: false, dim: false, italic: false, underline: false }); }

  apply(text) {
    const codes = text.split(/[;:]/).map(Number);
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      if (code === 0) this.reset();
      else if (code === 1) this.bold = true;
      else if (code === 2) this.dim = true;
      else if (code === 3) this.italic = true;
      else if (code === 4) this.underline = true;
      else if (code === 22) this.bold = this.dim = false;
      else if (code === 23) this.italic = false;
      else if (code === 24) this.underline = false;
      else if (code === 39) this.fore = null;
      else if (code === 49) this.back = null;
      else if (code >= 30 && code <= 37) this.fore = code - 30;
      else if (code >= 40 && code <= 47) this.back = code - 40;
      else if (code >= 90 && code <= 97) this.fore = code - 82;
      else if (code >= 100 && code <= 107) this.back = code - 92;
      else if (code === 38 || code === 48) i = this.extended(codes, i);
    }
  }

  // extended reads one of 256 or of all colors, and returns the position of its last number.
  extended(codes, i) {
    const key = codes[i] === 38 ? "fore" : "back";
    if (codes[i + 1] === 5) {
      const n = codes[i + 2] ?? 0;
      this[key] = n < 16 ? n : nearest(...paletteColor(n));
      return i + 2;
    }
    if (codes[i + 1] === 2) {
      this[key] = nearest(codes[i + 2] | 0, codes[i + 3] | 0, codes[i + 4] | 0);
      return i + 4;
    }
    return codes.length;
  }

  get plain() {
    return this.fore === null && this.back === null && !this.bold && !this.dim && !this.italic && !this.underline;
  }

  span(...children) {
    const classes = ["bold", "dim", "italic", "underline"].filter((name) => this[name]).map((name) => "sgr-" + name);
    if (this.back !== null) classes.push("back-" + this.back);
    else if (this.fore !== null) classes.push("fore-" + this.fore); // on a background, text is black or white
    return el("span", { class: classes.join(" ") }, ...children);
  }
}

// paletteColor returns red, green and blue of one of the colors 16 to 255 of a terminal.
function paletteColor(n) {
  if (n >= 232) return Array(3).fill(8 + 10 * (n - 232));
  const level = (i) => (i === 0 ? 0 : 55 + 40 * i);
  const at = n - 16;
  return [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map(level);
}

// nearest returns the one of the 16 colors that is like a color. They can be read on the page's
// background, light or dark, which an arbitrary color may not.
function nearest(red, green, blue) {
  const high = Math.max(red, green, blue);
  const low = Math.min(red, green, blue);
  if (high - low < 40) return high < 90 ? 0 : high < 200 ? 8 : 15;
  const hue = (high === red ? (green - blue) / (high - low) + 6 : high === green ? (blue - red) / (high - low) + 2 : (red - green) / (high - low) + 4) % 6;
  return [1, 3, 2, 6, 4, 5][Math.round(hue) % 6] + (high > 230 ? 8 : 0);
}

const withoutColors = (text) => text.replace(colorForm, "");

// diffOf returns the class of a line if it is one of a diff.
function diffOf(line) {
  const text = withoutColors(line).trimStart();
  if (/^(--- (FAIL|PASS|SKIP)|=== )/.test(text)) return "";
  if (/^@@ .*@@/.test(text)) return "hunk";
  if (/^\+(?![\d+]*$)/.test(text)) return "added";
  if (/^-(?![\d-]*$)/.test(text)) return "removed";
  return "";
}

const placeForm = /(^|[\s(])([\w.-]+\.go):(\d+)/g;

// linked returns a text with links in place of the files in folder that it names.
function linked(text, folder) {
  if (folder === null) return [text];
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(placeForm)) {
    const start = match.index + match[1].length;
    const place = match[2] + ":" + match[3];
    parts.push(text.slice(at, start), anchor(sourceAddress(folder + place), place));
    at = start + place.length;
  }
  parts.push(text.slice(at));
  return parts;
}

// outputOf returns the output of a failure as an element. place is the "file:line" of it.
function outputOf(text, name, place) {
  const pre = el("pre", { class: "output", tabindex: "0", role: "region", "aria-label": "Output of " + name });
  const folder = place && data.sources[0] ? place.slice(0, place.lastIndexOf("/") + 1) : null;
  const lines = text.replace(/\n$/, "").split("\n");
  const kinds = lines.map(diffOf);
  const isDiff = kinds.includes("added") && kinds.includes("removed");
  const pen = new Pen();
  lines.forEach((line, i) => {
    const parts = [];
    let at = 0;
    const put = (piece) => {
      if (piece === "") return;
      const nodes = linked(piece, folder);
      parts.push(...(pen.plain ? nodes : [pen.span(...nodes)]));
    };
    for (const match of line.matchAll(colorForm)) {
      put(line.slice(at, match.index));
      pen.apply(match[1]);
      at = match.index + match[0].length;
    }
    put(line.slice(at));
    const end = i + 1 < lines.length ? "\n" : "";
    if (isDiff && kinds[i]) pre.append(el("span", { class: "diff " + kinds[i] }, ...parts)); // a block needs no newline
    else pre.append(...parts, end);
  });
  return pre;
}
