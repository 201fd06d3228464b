// The bars of the timeline: for each lane a row of processes and some rows of the tests in them.

const mostRows = 4; // of tests in a lane

// barRows returns the rows of all lanes, each with its bars by their starts: {lane, kind, bars}. A
// bar has a start and an end in milliseconds, a name and what it is.
function barRows(timeline) {
  const kinds = { process: "test process", package: "package", shard: "shard" };
  const tops = timeline.lanes.map(() => []);
  for (const test of topLevel) {
    if (test.lane >= 0 && test.raw.s >= 0) {
      tops[test.lane]?.push({ start: test.raw.s, end: test.raw.s + (test.raw.l ?? 0), failed: isFailed(test), flaky: test.outcome === "flaky", skipped: test.outcome === "skipped", node: test, what: "test" });
    }
  }
  return timeline.lanes.flatMap((lane, i) => {
    const processes = lane.bars.map((raw) => ({
      start: raw.s, end: raw.e, failed: raw.f, rerun: raw.r, critical: raw.k, name: raw.p || lane.name, what: kinds[timeline.kind],
    })).sort((a, b) => a.start - b.start);
    const rows = [{ lane: i, kind: "processes", bars: processes }];
    for (const bars of packed(tops[i])) rows.push({ lane: i, kind: "tests", bars });
    return rows;
  });
}

// packed puts bars that overlap into different rows.
function packed(bars) {
  const rows = [];
  for (const bar of bars.sort((a, b) => a.start - b.start || b.end - a.end)) {
    let row = rows.find((other) => other.at(-1).end <= bar.start);
    if (!row && rows.length < mostRows) rows.push(row = []);
    (row ?? rows.at(-1)).push(bar);
  }
  return rows;
}

// drawn returns what a row shows between two times when a pixel lasts scale milliseconds: its bars,
// of which those too narrow to be seen apart are joined to one.
function drawn(row, from, to, scale) {
  const least = 3 * scale;
  const shown = [];
  for (const bar of row.bars) {
    if (bar.end < from || bar.start > to) continue;
    const before = shown.at(-1);
    if (before && bar.end - before.start < least && !!before.rerun === !!bar.rerun) {
      before.bars ??= [before.bar];
      before.bars.push(bar);
      before.end = Math.max(before.end, bar.end);
      before.failed ||= bar.failed;
      before.critical ||= bar.critical;
      continue;
    }
    shown.push({ bar, start: bar.start, end: bar.end, failed: bar.failed, rerun: bar.rerun, critical: bar.critical });
  }
  return shown;
}

// titleOf says in words what a drawn bar is.
function titleOf(shown) {
  const when = took(shown.start) + " to " + took(shown.end) + ", " + took(shown.end - shown.start);
  if (shown.bars) {
    const failed = shown.bars.filter((bar) => bar.failed).length;
    return counted(shown.bars.length, shown.bar.what === "test process" ? "test processes" : shown.bar.what, shown.bar.what === "test process" ? "test processes" : undefined) +
      ", " + when + (failed ? ", " + number(failed) + " failed" : "");
  }
  const { bar } = shown;
  const name = bar.node ? bar.node.name + " (" + bar.node.pkg.label + ")" : bar.name;
  const words = [bar.what + " " + name, when];
  if (bar.rerun) words.push("rerun");
  if (bar.critical) words.push("on the critical path");
  if (bar.failed) words.push("failed");
  else if (bar.flaky) words.push("flaky");
  else if (bar.skipped) words.push("skipped");
  return words.join(", ");
}
