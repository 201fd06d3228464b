// Putting the page together.

const searchBox = el("input", {
  type: "search", id: "search", placeholder: "Search tests ( / )", autocomplete: "off", spellcheck: "false", "aria-label": "Search tests, packages and messages",
});
const sortBox = el("select", { id: "sort", "aria-label": "Order of the tests" }, ...Object.entries(sorts).map(([key, label]) => el("option", { value: key }, label)));
const workerBox = el("select", { id: "worker", "aria-label": "Worker" }, el("option", { value: "" }, "all workers"),
  ...data.lanes.map((name) => el("option", { value: name }, name + " (" + number(tests.filter((test) => test.lane === data.lanes.indexOf(name)).length) + ")")));

for (const chip of chips) {
  chip.button = el("button", {
    type: "button", class: "chip " + chip.key, "aria-pressed": "false", title: chip.title, disabled: chip.count === 0,
    onclick: () => {
      if (!filter.show.delete(chip.key)) filter.show.add(chip.key);
      change();
    },
  }, chip.label + " ", el("b", {}, number(chip.count)));
}

// showFilter sets the controls to the filter.
function showFilter() {
  searchBox.value = filter.words;
  sortBox.value = filter.sort;
  workerBox.value = filter.worker;
  for (const chip of chips) chip.button.setAttribute("aria-pressed", String(filter.show.has(chip.key)));
}

// change shows what a person has chosen.
function change() {
  filter.target = null;
  opened.clear();
  showFilter();
  renderTree();
  writeAddress();
  announce(filterIsOn() ? found.textContent : "all tests");
}

function header() {
  const parts = [
    el("h1", { class: data.ok ? "passed" : "failed" }, el("span", { class: "icon", "aria-hidden": "true" }, data.ok ? "✓" : "✗"), el("span", {}, data.sentence)),
    factList(data.facts),
    ...data.notes.map((note) => el("p", { class: "note" }, note)),
  ];
  return el("header", {}, ...parts);
}

function shares() {
  const { counts } = data;
  const bar = el("div", { class: "shares", "aria-hidden": "true" });
  for (const kind of ["failed", "flaky", "passed", "skipped"]) {
    if (!counts[kind]) continue;
    const part = el("span", { class: kind });
    part.style.flexGrow = counts[kind];
    bar.append(part);
  }
  return bar;
}

function start() {
  const parts = [timelineSection(), slowestSection(), flakySection(), workersSection(), coverageSection(), environmentSection()].filter(Boolean);
  const tools = el("div", { class: "toolbar", role: "search" }, searchBox,
    el("div", { class: "chips", role: "group", "aria-label": "Show only" }, ...chips.map((chip) => chip.button)),
    el("div", { class: "boxes" }, data.workers && data.lanes.length > 1 && workerBox, sortBox));
  const list = section("tests", "Tests", tools, found, tree);
  const links = el("nav", { "aria-label": "Parts of the report" }, ...[list, ...parts].map((part) => {
    const title = part.querySelector("h2");
    return el("button", { type: "button", class: "small", onclick: () => { part.scrollIntoView(); title.focus({ preventScroll: true }); } }, title.textContent);
  }));
  const report = document.getElementById("report");
  report.replaceChildren(header(), shares(), links, ...[errorsSection()].filter(Boolean), el("div", { class: "columns" }, list, el("div", { class: "aside" }, ...parts)), live);
  searchBox.addEventListener("input", () => { filter.words = searchBox.value; change(); });
  sortBox.addEventListener("change", () => { filter.sort = sortBox.value; change(); });
  workerBox.addEventListener("change", () => { filter.worker = workerBox.value; change(); });
  document.addEventListener("keydown", shortcut);
  addEventListener("hashchange", goToAddress);
  goToAddress();
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

function goToAddress() {
  readAddress();
  showFilter();
  renderTree();
  if (filter.target) reveal(filter.target);
}

function shortcut(event) {
  const typing = /^(input|select|textarea)$/i.test(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    searchBox.focus();
    searchBox.select();
  }
  if (event.key === "Escape" && event.target === searchBox && searchBox.value) {
    searchBox.value = filter.words = "";
    change();
  }
}

start();
