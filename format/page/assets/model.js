// What the report knows: packages, each with its tests as a tree.

const data = JSON.parse(document.getElementById("data").textContent);

const outcomes = {
  passed: { icon: "✓", word: "passed" },
  failed: { icon: "✗", word: "failed" },
  unfinished: { icon: "✗", word: "did not finish" },
  flaky: { icon: "↻", word: "flaky" },
  skipped: { icon: "−", word: "skipped" },
  quarantined: { icon: "↻", word: "quarantined" },
  empty: { icon: "·", word: "no tests" },
};

const packageOutcomes = {
  failed: "failed", "did not finish": "unfinished", flaky: "flaky", passed: "passed", "no tests": "empty",
};

// common is how much the names of all packages have in common, up to a slash.
const common = (() => {
  const names = data.packages.map((pkg) => pkg.name + "/");
  if (names.length < 2) return 0;
  let length = names[0].length;
  for (const name of names) {
    let i = 0;
    while (i < length && name[i] === names[0][i]) i++;
    length = i;
  }
  return names[0].lastIndexOf("/", length - 1) + 1;
})();

// A node of the tree is a package or a test. A test has a package and a parent.
const packages = data.packages.map((raw, i) => ({
  raw, index: i, isPackage: true, name: raw.name, pkg: null, parent: null, children: [], tests: [],
  label: raw.name.slice(common) || raw.name.slice(raw.name.lastIndexOf("/", common - 2) + 1) || raw.name,
  outcome: packageOutcomes[raw.result] ?? "passed", elapsed: raw.elapsed, failure: raw.failure, verdict: raw.verdict, lane: -1,
}));

const tests = [];
for (const pkg of packages) {
  const path = []; // the parents of the next test
  for (const raw of pkg.raw.tests) {
    path.length = raw.d ?? 0;
    const parent = path.at(-1) ?? pkg;
    const test = {
      raw, index: tests.length, isPackage: false, pkg, parent, children: [],
      name: parent.isPackage ? raw.n : parent.name + "/" + raw.n, label: raw.n,
      outcome: raw.o ?? "passed", elapsed: raw.t ?? 0, failure: raw.f, verdict: raw.v, lane: raw.w,
    };
    test.text = (pkg.name + " " + test.name + " " + (raw.f?.m ?? "") + " " + (raw.v?.w ?? "")).toLowerCase();
    parent.children.push(test);
    pkg.tests.push(test);
    tests.push(test);
    path.push(test);
  }
}

const isFailed = (node) => node.outcome === "failed" || node.outcome === "unfinished";

// hasFailed is whether a node or anything below it failed.
const failedBelow = new Set();
for (const test of tests) {
  if (!isFailed(test) && test.outcome !== "flaky") continue;
  for (let node = test; node; node = node.parent) failedBelow.add(node);
}

// The tests that are open at first: failures, unless there are many.
const mostOpen = 20;
const failures = [...packages, ...tests].filter((node) => node.failure && isFailed(node));
const openAtFirst = new Set(failures.slice(0, mostOpen));

// slow is the time in milliseconds from which a test counts as slow: a round number that only
// some of the tests reach.
const topLevel = tests.filter((test) => test.parent.isPackage);
const slow = (() => {
  const enough = Math.min(10, Math.ceil(topLevel.length / 20));
  for (const limit of [60000, 30000, 10000, 5000, 2000, 1000, 500, 200]) {
    if (topLevel.filter((test) => test.elapsed >= limit).length >= enough) return limit;
  }
  return 100;
})();

const find = (pkg, name) => {
  const found = packages.find((p) => p.name === pkg);
  return name ? found?.tests.find((test) => test.name === name) : found;
};

// quoted writes a word so that a shell passes it on unchanged.
function quoted(word) {
  return /^[\w./,:@%+=-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";
}

// rerunCommand returns the command that runs a test or package again. That of a package is for a
// test named TEST.
function rerunCommand(node) {
  if (node.failure?.c) return node.failure.c;
  const command = (node.pkg ?? node).raw.rerun ?? "";
  if (node.isPackage) return command.replace(" -run '^TEST$'", "");
  const escape = (text) => text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
  const run = node.name.split("/").map((part) => "^" + escape(part) + "$").join("/");
  return command.replace("'^TEST$'", () => quoted(run));
}

// sourceAddress returns the address of a "file:line" at the tested commit, or null.
function sourceAddress(place) {
  const match = /^(.*):(\d+)$/.exec(place ?? "");
  if (!match || !data.sources[0]) return null;
  return data.sources[0] + match[1].split("/").map(encodeURIComponent).join("/") + data.sources[1] + match[2];
}
