// What is shown of one test when it is open.

// detailsOf returns the details of a node, or null if there is nothing to say.
function detailsOf(node) {
  const failure = node.failure;
  const parts = [];
  const line = [];
  if (failure?.p) line.push(anchor(sourceAddress(failure.p), failure.p));
  if (!node.isPackage) {
    if (node.raw.s >= 0) line.push("started at " + took(node.raw.s));
    if (data.workers && node.lane >= 0) line.push("on " + data.lanes[node.lane]);
    if (node.outcome !== "passed" || !node.children.length) line.push("took " + took(node.elapsed));
  }
  if (node.isPackage && !failure && !node.verdict) return null;
  if (line.length) parts.push(el("p", { class: "where" }, ...line.flatMap((part, i) => (i ? [", ", part] : [part]))));
  if (node.verdict) parts.push(verdictOf(node));
  parts.push(buttonsOf(node));
  if (failure?.x) parts.push(outputOf(failure.x, node.name, failure.p));
  if (failure?.leftOut) parts.push(el("p", { class: "note" }, "Its output is left out, because a report has room for only 10 MiB of output."));
  if (node.raw.a) parts.push(attemptsOf(node));
  return el("div", { class: "details" }, ...parts);
}

// verdictOf says why a test failed.
function verdictOf(node) {
  const { w, t, y, c } = node.verdict;
  const parts = [el("p", {}, el("b", {}, w), ": " + t)];
  for (const line of y ?? []) parts.push(el("p", {}, line));
  if (c) parts.push(el("div", { class: "buttons" }, copyButton("Copy command", "the verdict on " + node.name, () => c), el("code", { class: "command" }, ...words(c))));
  return el("div", { class: "verdict" }, ...parts);
}

function buttonsOf(node) {
  const buttons = [];
  if (node.failure?.x) buttons.push(copyButton("Copy output", node.name, () => withoutColors(node.failure.x)));
  const command = rerunCommand(node);
  if (command) {
    buttons.push(copyButton("Copy command", node.name, () => command));
    buttons.push(el("code", { class: "command" }, ...words(command)));
  }
  return el("div", { class: "buttons" }, ...buttons);
}

// attemptsOf lists the attempts of a test that ran several times.
function attemptsOf(node) {
  const items = node.raw.a.map((attempt, i) => {
    const { icon, word } = outcomes[attempt.o];
    const on = data.workers && attempt.w >= 0 ? " on " + data.lanes[attempt.w] : "";
    const line = [el("span", { class: "icon", "aria-hidden": "true" }, icon), " " + (attempt.e ?? word + " after " + took(attempt.t)) + on];
    if (!attempt.x) return el("li", { class: attempt.o }, ...line);
    const output = outputOf(attempt.x, "run " + (i + 1) + " of " + node.name, node.failure?.p);
    return el("li", { class: attempt.o }, el("details", {}, el("summary", {}, ...line), output));
  });
  return el("div", { class: "attempts" }, el("p", { class: "note" }, "Ran " + items.length + " times:"), el("ol", {}, ...items));
}
