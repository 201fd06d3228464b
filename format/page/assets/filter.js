// Which tests are shown. The address of the page has it after the #, so that it can be shared
// and survives a reload.

const chips = [
  { key: "failed", label: "failed", has: isFailed },
  { key: "flaky", label: "flaky", has: (test) => test.outcome === "flaky" },
  { key: "slow", label: "slow", title: "at least " + took(slow), has: (test) => test.parent.isPackage && test.elapsed >= slow },
  { key: "skipped", label: "skipped", has: (test) => test.outcome === "skipped" || test.outcome === "quarantined" },
  ...(tests.some((test) => test.outcome === "quarantined") ? [{ key: "quarantined", label: "quarantined", title: "known to be flaky, so that their failures do not count", has: (test) => test.outcome === "quarantined" }] : []),
  { key: "passed", label: "passed", has: (test) => test.outcome === "passed" },
];
// A package that failed outside its tests counts as a failed test, as in the other figures.
const outside = packages.filter((pkg) => pkg.raw.outside).length;
for (const chip of chips) chip.count = tests.filter(chip.has).length + (chip.key === "failed" ? outside : 0);

const sorts = { order: "in order", time: "slowest first", name: "by name" };

const filter = { words: "", show: new Set(), worker: "", sort: "order", target: null };

function filterIsOn() { return filter.words.trim() !== "" || filter.show.size > 0 || filter.worker !== ""; }

// readAddress sets the filter from the address.
function readAddress() {
  const at = new URLSearchParams(location.hash.slice(1));
  filter.words = at.get("q") ?? "";
  filter.show = new Set((at.get("show") ?? "").split(",").filter((key) => chips.some((chip) => chip.key === key)));
  filter.worker = data.lanes.includes(at.get("worker")) && data.workers ? at.get("worker") : "";
  filter.sort = Object.hasOwn(sorts, at.get("sort") ?? "") ? at.get("sort") : "order";
  filter.target = at.has("package") ? find(at.get("package"), at.get("test")) ?? null : null;
}

// addressOf returns the part of the address from the # on: for a test, that of the test alone.
function addressOf(target) {
  const at = new URLSearchParams();
  if (target) {
    at.set("package", (target.pkg ?? target).name);
    if (!target.isPackage) at.set("test", target.name);
  } else {
    if (filter.words.trim()) at.set("q", filter.words);
    if (filter.show.size) at.set("show", [...filter.show].join(","));
    if (filter.worker) at.set("worker", filter.worker);
    if (filter.sort !== "order") at.set("sort", filter.sort);
  }
  const text = at.toString();
  return text ? "#" + text : "";
}

function writeAddress() {
  try {
    history.replaceState(null, "", location.pathname + location.search + addressOf(filter.target));
  } catch { /* a page in a frame may not change its address */ }
}

// select marks what is shown: each node that matches and its parents. It returns how many tests
// match.
function select() {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  const worker = filter.worker === "" ? -1 : data.lanes.indexOf(filter.worker);
  const wanted = chips.filter((chip) => filter.show.has(chip.key));
  for (const pkg of packages) { pkg.shown = false; pkg.matching = 0; }
  for (const test of tests) test.shown = false;
  let matching = 0;
  for (const test of tests) {
    if (worker >= 0 && test.lane !== worker) continue;
    if (wanted.length && !wanted.some((chip) => chip.has(test))) continue;
    if (!words.every((word) => test.text.includes(word))) continue;
    matching++;
    test.pkg.matching++;
    for (let node = test; node && !node.shown; node = node.parent) node.shown = true;
  }
  for (const pkg of packages) {
    if (pkg.tests.length > 0 && !(pkg.failure && filterIsOn())) continue;
    // A package without tests, or one that failed outside its tests, is one itself.
    const kind = isFailed(pkg) ? "failed" : "";
    const text = (pkg.name + " " + (pkg.failure?.m ?? "")).toLowerCase();
    if (worker < 0 && (!wanted.length || filter.show.has(kind)) && words.every((word) => text.includes(word))) {
      pkg.shown = true;
      if (pkg.raw.outside) matching++;
    }
  }
  if (!filterIsOn()) for (const pkg of packages) pkg.shown = true;
  return matching;
}

// sorted returns nodes in the chosen order.
function sorted(nodes) {
  if (filter.sort === "time") return nodes.toSorted((a, b) => b.elapsed - a.elapsed);
  if (filter.sort === "name") return nodes.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return nodes;
}
