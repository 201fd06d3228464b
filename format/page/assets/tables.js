// The parts below the tests: slowest, flaky, workers, coverage, environment.

const mostSlowest = 20;

// table makes a table. Columns of numbers are right-aligned.
function table(label, head, numbers, rows) {
  const cell = (name) => (child, i) => el(name, { class: numbers.includes(i) ? "number" : null, scope: name === "th" ? "col" : null }, child);
  return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, el("table", {},
    el("thead", {}, el("tr", {}, ...head.map(cell("th")))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell("td")))))));
}

function testLink(node) {
  const link = el("a", { href: addressOf(node) }, node.name);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    filter.target = node;
    writeAddress();
    reveal(node);
  });
  return link;
}

function slowestSection() {
  const slowest = topLevel.filter((test) => test.elapsed > 0).sort((a, b) => b.elapsed - a.elapsed).slice(0, mostSlowest);
  if (slowest.length < 2) return null;
  return section("slowest", "Slowest tests", table("Slowest tests", ["test", "package", "time"], [2],
    slowest.map((test) => [testLink(test), test.pkg.label, took(test.elapsed)])));
}

function flakySection() {
  const flaky = tests.filter((test) => test.outcome === "flaky");
  if (!flaky.length) return null;
  return section("flaky", "Flaky tests", el("p", { class: "note" }, "They failed and then passed in a rerun."),
    table("Flaky tests", ["test", "package", "runs"], [2], flaky.slice(0, 200).map((test) => [testLink(test), test.pkg.label, number(test.raw.a?.length ?? 1)])),
    flaky.length > 200 && el("p", { class: "note" }, "… and " + number(flaky.length - 200) + " more"));
}

function workersSection() {
  if (data.shards.length < 2) return null;
  const [head, ...rows] = data.shards;
  return section("workers", "Workers", data.line && el("p", {}, data.line), table("Workers", head, [1, 2, 3, 4, 5, 6], rows));
}

function coverageSection() {
  const covered = packages.filter((pkg) => pkg.raw.coverage);
  if (!covered.length) return null;
  const rows = covered.map((pkg) => {
    const percent = parseFloat(pkg.raw.coverage);
    const meter = Number.isFinite(percent) ? el("meter", { min: 0, max: 100, value: percent, "aria-label": "coverage of " + pkg.name }) : "";
    return [pkg.label, meter, el("span", {}, ...words(pkg.raw.coverage))];
  });
  return section("coverage", "Coverage", table("Coverage", ["package", "", "coverage"], [], rows.slice(0, 5000)));
}

function environmentSection() {
  if (!data.settings.length) return null;
  return section("environment", "Environment", factList(data.settings));
}

function factList(facts) {
  return el("dl", { class: "facts" }, ...facts.map(([label, value, address]) =>
    el("div", {}, el("dt", {}, label), el("dd", {}, address ? anchor(address, value) : el("span", {}, ...words(value))))));
}

function errorsSection() {
  if (!data.errors) return null;
  return section("errors", "Output of the go command", outputOf(data.errors, "the go command", "/"));
}
