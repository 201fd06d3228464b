// The tree of packages and tests. A part of it is made when it is opened and, of a long list,
// when it is scrolled to: the page may have 100,000 tests.

const tree = el("ul", { class: "tree" });
const found = el("p", { class: "found" });
const opened = new Map(); // what a person has opened or closed, by node

const chunk = 100; // how many of a list are made at once
const fewMatches = 200; // so many are shown open

let matching = tests.length;

// isOpen is whether a node is open.
function isOpen(node) {
  if (opened.has(node)) return opened.get(node);
  if (openAtFirst.has(node)) return true;
  if (!node.children.length) return false;
  if (filterIsOn() && matching <= fewMatches) return node.children.some((child) => child.shown);
  if (packages.length === 1 && node.isPackage) return true;
  return failedBelow.has(node) && failures.length <= fewMatches && !(node.isPackage && !node.children.some((c) => failedBelow.has(c)));
}

// visibleChildren returns what is listed below a node.
function visibleChildren(node) {
  const shown = sorted(node.children.filter((child) => child.shown));
  if (filter.sort !== "order" || !failedBelow.has(node)) return shown;
  return [...shown.filter((n) => failedBelow.has(n)), ...shown.filter((n) => !failedBelow.has(n))]; // failures first
}

// List shows nodes in an element, some at a time.
class List {
  constructor(element, nodes) {
    Object.assign(this, { element, nodes, made: 0 });
    this.more = el("li", { class: "more" });
    this.button = el("button", { type: "button", class: "small", onclick: () => this.add() });
    this.more.append(this.button);
    this.add();
  }

  add() {
    const next = this.nodes.slice(this.made, this.made + chunk);
    this.made += next.length;
    this.more.remove();
    this.element.append(...next.map(itemOf));
    const rest = this.nodes.length - this.made;
    if (rest > 0) {
      this.button.textContent = "Show " + number(Math.min(rest, chunk)) + " more of " + number(rest);
      this.element.append(this.more);
      seen.observe(this.more);
      this.more.list = this;
    }
  }

  // include makes the list up to a node.
  include(node) {
    const at = this.nodes.indexOf(node);
    while (at >= this.made && this.made < this.nodes.length) this.add();
  }
}

// seen makes more of a list when its end comes into view.
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    seen.unobserve(entry.target);
    entry.target.list.add();
  }
}, { rootMargin: "600px" });

// itemOf makes the element of a node.
function itemOf(node) {
  const row = el("button", { type: "button", class: "row", "aria-expanded": "false", onclick: () => toggle(node) }, ...rowParts(node));
  const line = el("div", { class: "line" }, row, linkOf(node));
  node.row = row;
  row.node = node;
  node.item = el("li", { class: (node.isPackage ? "package " : "test ") + node.outcome }, line);
  node.body = null;
  if (isOpen(node)) open(node);
  return node.item;
}

function rowParts(node) {
  const { icon, word } = outcomes[node.outcome];
  const time = node.elapsed > 0 ? took(node.elapsed) : "";
  const parts = [
    el("span", { class: "icon", "aria-hidden": "true" }, icon),
    el("span", { class: "unseen" }, word + " "),
    el("span", { class: "name", title: node.isPackage && node.label !== node.name ? node.name : null }, node.label),
    el("span", { class: "tags" }, ...tagsOf(node)),
    el("span", { class: "time" }, time),
  ];
  if (node.failure?.m) parts.push(el("span", { class: "message" }, withoutColors(node.failure.m)));
  return parts;
}

// tagsOf returns the small words beside a name.
function tagsOf(node) {
  const tags = [];
  const tag = (text, kind) => tags.push(el("span", { class: "tag " + (kind ?? "") }, text));
  if (node.isPackage) {
    const failed = node.tests.filter(isFailed).length;
    if (failed) tag(number(failed) + " failed", "failed");
    if (node.raw.outside) tag("failed outside its tests", "failed");
    if (node.verdict) tag(node.verdict.w, "verdict");
    if (node.raw.cached) tag("cached");
    if (node.outcome === "unfinished") tag("did not finish", "failed");
    const built = node.tests.length || node.raw.outside || node.outcome !== "failed";
    if (!built) tag("build failed", "failed");
    else if (node.outcome === "empty") tag("no tests");
    else tag(filterIsOn() && node.tests.length ? number(node.matching) + " of " + counted(node.tests.length, "test") : counted(node.tests.length + (node.raw.leftOut ?? 0), "test"));
    return tags;
  }
  const word = ["flaky", "skipped", "quarantined", "unfinished"].includes(node.outcome) ? node.raw.e ?? outcomes[node.outcome].word : "";
  if (word) tag(word, node.outcome);
  if (node.verdict && node.verdict.w !== word) tag(node.verdict.w, "verdict");
  if (node.raw.a) tag(node.raw.a.length + " runs");
  if (node.children.length) tag(counted(node.children.length, "subtest"));
  if (data.workers && node.lane >= 0) tag(data.lanes[node.lane], "worker");
  return tags;
}

function linkOf(node) {
  return el("a", { class: "link", href: addressOf(node), "aria-label": "Link to " + node.name, title: "Link to this " + (node.isPackage ? "package" : "test") }, "#");
}

// toggle opens or closes a node.
function toggle(node) {
  opened.set(node, !node.body);
  if (node.body) close(node);
  else open(node);
}

function open(node) {
  node.body = el("div", { class: "body" });
  const details = detailsOf(node);
  if (details) node.body.append(details);
  const children = visibleChildren(node);
  node.list = null;
  if (children.length) {
    const element = el("ul");
    node.body.append(element);
    node.list = new List(element, children);
  }
  const leftOut = node.isPackage ? node.raw.leftOut : 0;
  if (leftOut) node.body.append(el("p", { class: "note" }, counted(leftOut, "more test") + " passed; there are too many to list."));
  if (!node.body.childNodes.length) node.body.append(el("p", { class: "note" }, filterIsOn() ? "No test of it matches." : "No tests."));
  node.item.append(node.body);
  node.row.setAttribute("aria-expanded", "true");
}

function close(node) {
  node.body.remove();
  node.body = node.list = null;
  node.row.setAttribute("aria-expanded", "false");
}

let rootList = null;

// renderTree shows the tests that match the filter.
function renderTree() {
  matching = select();
  seen.disconnect();
  tree.replaceChildren();
  const shown = packages.filter((pkg) => pkg.shown);
  rootList = new List(tree, sorted(shown));
  found.textContent = filterIsOn() ? number(matching) + " of " + counted(tests.length + outside, "test") + " in " + counted(shown.length, "package") : "";
  found.hidden = !filterIsOn();
  if (!shown.length) tree.append(el("li", { class: "note" }, packages.length ? "Nothing matches." : "There are no packages."));
}

// reveal opens everything above a node, scrolls to it and moves the focus there.
function reveal(node) {
  if (!node.shown) {
    Object.assign(filter, { words: "", show: new Set(), worker: "" });
    showFilter();
  }
  for (let above = node; above; above = above.parent) opened.set(above, true);
  renderTree();
  const path = [];
  for (let above = node; above; above = above.parent) path.unshift(above);
  let list = rootList;
  for (const step of path) {
    list?.include(step);
    list = step.list;
  }
  if (!node.item) return;
  document.querySelector(".target")?.classList.remove("target");
  node.item.classList.add("target");
  node.row.focus({ preventScroll: true });
  node.item.scrollIntoView({ block: "start" });
}

// moveInTree is for the arrow keys.
function moveInTree(event) {
  const node = event.target.node;
  if (!node || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = () => [...tree.querySelectorAll("button.row")];
  const step = (by) => { const all = rows(); all[all.indexOf(event.target) + by]?.focus(); };
  switch (event.key) {
    case "ArrowDown": step(1); break;
    case "ArrowUp": step(-1); break;
    case "ArrowRight": if (!node.body) toggle(node); else if (node.list) step(1); break;
    case "ArrowLeft": if (node.body) toggle(node); else node.parent?.row.focus(); break;
    default: return;
  }
  event.preventDefault();
}
tree.addEventListener("keydown", moveInTree);
