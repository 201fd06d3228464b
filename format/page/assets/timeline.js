// The timeline: a lane for each worker, with zoom. Only what is in view is drawn.

const heights = { processes: 22, tests: 12, gap: 8 };
const mostZoom = 2000;

class Timeline {
  constructor(raw) {
    this.raw = raw;
    this.zoom = 1;
    this.rows = barRows(raw);
    this.tip = el("div", { class: "tip", hidden: true });
    this.area = el("div", { class: "area" });
    this.scroller = el("div", { class: "scroller" }, this.area);
    this.scroller.addEventListener("scroll", () => this.later());
    this.scroller.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.names = el("div", { class: "lanenames" });
    this.area.addEventListener("keydown", (event) => this.key(event));
    for (const type of ["pointerover", "focusin"]) this.area.addEventListener(type, (event) => this.showTip(event.target));
    for (const type of ["pointerout", "focusout"]) this.area.addEventListener(type, () => { this.tip.hidden = true; });
    this.area.addEventListener("click", (event) => this.choose(event.target.shown));
    this.place();
    addEventListener("beforeprint", () => { this.zoomTo(1); }); // all of it
    new ResizeObserver(() => this.later()).observe(this.scroller);
  }

  // place computes where each row is.
  place() {
    let y = 24; // below the axis
    if (this.raw.build > 0) {
      this.buildTop = y;
      this.names.append(this.nameAt(y, "build"));
      y += heights.processes + heights.gap;
    }
    this.tops = [];
    this.rows.forEach((row, i) => {
      if (row.kind === "processes") {
        if (i > 0) y += heights.gap;
        const lane = this.raw.lanes[row.lane];
        this.names.append(this.nameAt(y, lane.name, this.raw.kind === "package" ? "" : took(lane.busy)));
      }
      this.tops.push(y);
      y += heights[row.kind] + 1;
    });
    this.area.style.height = this.names.style.height = y + "px";
    this.bottom = y;
  }

  nameAt(y, name, busy) {
    const title = busy ? name + " worked for " + busy : name;
    const label = el("div", { class: "lanename", title }, el("span", { class: "lanetitle" }, name), busy && el("span", { class: "share" }, busy));
    label.style.top = y + "px";
    return label;
  }

  later() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => { this.pending = 0; this.draw(); });
  }

  get width() { return Math.max(50, this.scroller.clientWidth) * this.zoom; }

  // at is the place of a time, or the width of a duration. It needs no change on paper, which has
  // another width.
  at(time) { return 100 * time / this.raw.span + "%"; }

  // draw draws what is in view, and a little more on both sides.
  draw() {
    const view = this.scroller.clientWidth;
    if (!view) return;
    const scale = this.raw.span / this.width;
    const from = (this.scroller.scrollLeft - view / 2) * scale;
    const to = (this.scroller.scrollLeft + 1.5 * view) * scale;
    const focused = document.activeElement?.shown;
    this.area.style.width = 100 * this.zoom + "%";
    this.items = [];
    const parts = [...this.axis(from, to, scale)];
    if (this.buildTop) parts.push(...this.build(scale));
    this.rows.forEach((row, i) => {
      if (row.kind === "processes") parts.push(this.idle(this.tops[i]));
      const shown = drawn(row, from, to, scale);
      this.items.push(shown);
      for (const item of shown) parts.push(this.bar(item, i, row.kind, scale));
    });
    this.area.replaceChildren(...parts);
    const again = focused && this.items.flat().find((item) => item.bar === focused.bar);
    const first = again ?? this.items.flat()[0];
    if (first) first.element.tabIndex = 0;
    if (again) again.element.focus({ preventScroll: true });
  }

  idle(top) {
    const element = el("div", { class: "idle" });
    element.style.top = top + "px";
    return element;
  }

  bar(item, row, kind, scale) {
    const { bar } = item;
    const classes = ["bar", kind, item.failed && "failed", item.rerun && "rerun", item.critical && "critical",
      !item.failed && bar.flaky && "flaky", bar.skipped && "skipped", item.bars && "several"];
    const width = (item.end - item.start) / scale;
    const element = el("button", { type: "button", class: classes.filter(Boolean).join(" "), "aria-label": titleOf(item), tabindex: "-1" });
    if (width > 40 && !item.bars) element.append(bar.node?.label ?? packages.find((pkg) => pkg.name === bar.name)?.label ?? bar.name);
    element.style.left = this.at(item.start);
    element.style.width = this.at(item.end - item.start);
    element.style.top = this.tops[row] + "px";
    element.shown = item;
    item.element = element;
    item.row = row;
    return element;
  }

  // build is when test binaries were built: a bar until the last one, with a mark for each.
  build(scale) {
    const bar = el("div", { class: "bar building", role: "img", "aria-label": "building: until " + took(this.raw.build) + ", " + counted(this.raw.ready.length, "test binary", "test binaries") });
    bar.style.top = this.buildTop + "px";
    bar.style.left = "0px";
    bar.style.width = this.at(this.raw.build);
    const parts = [bar];
    let last = -5;
    for (const ready of this.raw.ready) {
      const x = ready.s / scale;
      if (x - last < 4) continue;
      last = x;
      const mark = el("div", { class: "ready" });
      mark.title = ready.p + " was built at " + took(ready.s);
      mark.style.left = this.at(ready.s);
      mark.style.top = this.buildTop + "px";
      parts.push(mark);
    }
    return parts;
  }

  axis(from, to, scale) {
    const wanted = Math.min(90, this.scroller.clientWidth / 4) * scale;
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000, 600000, 1800000, 3600000]
      .find((n) => n >= wanted) ?? 7200000;
    const parts = [];
    for (let at = Math.max(0, Math.floor(from / step) * step); at <= Math.min(to, this.raw.span); at += step) {
      const tick = el("div", { class: "tick", "aria-hidden": "true" }, at / scale > this.width - 50 && at > 0 ? "" : step < 10 ? at + "ms" : tickText(at, step));
      tick.style.left = this.at(at);
      tick.style.height = this.bottom + "px";
      parts.push(tick);
    }
    return parts;
  }

  // zoomTo shows zoom times as much detail, and keeps a time at its place in the view.
  zoomTo(zoom, at, x) {
    const view = this.scroller.clientWidth;
    const most = Math.max(1, Math.min(mostZoom, this.raw.span / 20, 8e6 / view)); // browsers limit the width
    const time = at ?? (this.scroller.scrollLeft + view / 2) * this.raw.span / this.width;
    this.zoom = Math.max(1, Math.min(most, zoom));
    this.area.style.width = 100 * this.zoom + "%";
    this.scroller.scrollLeft = time / this.raw.span * this.width - (x ?? view / 2);
    this.draw();
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const x = event.clientX - this.scroller.getBoundingClientRect().left;
    this.zoomTo(this.zoom * Math.exp(-event.deltaY / 300), (this.scroller.scrollLeft + x) * this.raw.span / this.width, x);
  }

  // choose goes to the test of a bar, or makes a process as wide as the view.
  choose(item) {
    if (!item) return;
    if (item.bar.node && !item.bars) {
      filter.target = item.bar.node;
      writeAddress();
      reveal(item.bar.node);
      return;
    }
    const length = Math.max(item.end - item.start, 1);
    this.zoomTo(0.9 * this.raw.span / length, (item.start + item.end) / 2);
  }

  showTip(element) {
    const item = element.shown;
    if (!item) return;
    this.tip.textContent = titleOf(item);
    this.tip.hidden = false;
    const box = element.getBoundingClientRect();
    const own = this.tip.getBoundingClientRect();
    const x = Math.max(8, Math.min(Math.max(box.left, this.scroller.getBoundingClientRect().left), innerWidth - own.width - 8));
    this.tip.style.left = x + "px";
    this.tip.style.top = (box.top > own.height + 8 ? box.top - own.height - 4 : box.bottom + 4) + "px";
  }

  key(event) {
    const item = event.target.shown;
    if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = this.items[item.row];
    const near = (items) => items.reduce((best, other) => (Math.abs(other.start - item.start) < Math.abs(best.start - item.start) ? other : best));
    const upDown = (by) => {
      for (let i = item.row + by; this.items[i]; i += by) if (this.items[i].length) return near(this.items[i]);
      return null;
    };
    let next;
    switch (event.key) {
      case "ArrowRight": next = row[row.indexOf(item) + 1]; break;
      case "ArrowLeft": next = row[row.indexOf(item) - 1]; break;
      case "ArrowDown": next = upDown(1); break;
      case "ArrowUp": next = upDown(-1); break;
      case "+": case "=": this.zoomTo(this.zoom * 2, (item.start + item.end) / 2); break;
      case "-": this.zoomTo(this.zoom / 2, (item.start + item.end) / 2); break;
      case "0": this.zoomTo(1); break;
      default: return;
    }
    event.preventDefault();
    if (!next) return;
    item.element.tabIndex = -1;
    next.element.tabIndex = 0;
    next.element.focus({ preventScroll: true });
    next.element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function tickText(at, step) {
  if (at === 0) return "0s";
  if (step < 1000) return at / 1000 + "s";
  return at < 60000 ? at / 1000 + "s" : Math.floor(at / 60000) + "m" + (at % 60000 ? String(Math.round(at % 60000 / 1000)).padStart(2, "0") + "s" : "");
}

function timelineSection() {
  if (!data.timeline) return null;
  const timeline = new Timeline(data.timeline);
  const tool = (label, name, action) => el("button", { type: "button", class: "small", "aria-label": label === name ? null : name, title: name, onclick: action }, label);
  const legend = (kind, text) => el("span", { class: "key" }, el("span", { class: "sample " + kind, "aria-hidden": "true" }), text);
  const { kind, build, lanes } = data.timeline;
  const some = (has) => lanes.some((lane) => lane.bars.some(has));
  return section("timeline", "Timeline",
    ...data.timeline.sentences.map((sentence) => el("p", {}, sentence)),
    kind === "package" && el("p", { class: "note" }, "Without workers, a lane has packages that ran one after another."),
    el("div", { class: "tools" },
      tool("+", "Zoom in", () => timeline.zoomTo(timeline.zoom * 2)),
      tool("−", "Zoom out", () => timeline.zoomTo(timeline.zoom / 2)),
      tool("Whole run", "Whole run", () => timeline.zoomTo(1)),
      el("span", { class: "legend" },
        legend("processes", { process: "test process", package: "package", shard: "shard" }[kind]), legend("tests", "test"), legend("failed", "failed"),
        some((bar) => bar.r) && legend("rerun", "rerun"), some((bar) => bar.k) && legend("critical", "critical path"),
        build > 0 && legend("building", "build"), kind !== "package" && legend("idle", "idle"))),
    el("div", { class: "timeline" }, timeline.names, timeline.scroller),
    timeline.tip,
    el("p", { class: "note help" }, "Zoom with + and − or with Ctrl and the wheel; arrow keys go from bar to bar, Enter opens one."));
}
