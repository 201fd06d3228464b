package shard

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// cmdPartition runs gotestshard with --partition on the given number of nodes. Together, the
// nodes must run the same tests as go test with the same arguments, each once, with the same
// results and the same exit code.
// With -shared, at least one package must be on several nodes. With -whole, no package may
// be. The files node-1.json and so on get the events of the nodes, and node-1.out the
// output: partition [-shared|-whole] MODE NODES CODE ARGS...
func cmdPartition(ts *testscript.TestScript, neg bool, args []string) {
	kind := ""
	if len(args) > 0 && (args[0] == "-shared" || args[0] == "-whole") {
		kind, args = args[0], args[1:]
	}
	if neg || len(args) < 4 {
		ts.Fatalf("usage: partition [-shared|-whole] MODE NODES CODE ARGS...")
	}
	mode, code, rest := args[0], args[2], args[3:]
	var nodes int
	_, err := fmt.Sscan(args[1], &nodes)
	ts.Check(err)
	key := scriptOracle.next(ts)
	got, on := map[string]string{}, map[string][]int{}
	worst := 0
	for node := 1; node <= nodes; node++ {
		events := ts.MkAbs(fmt.Sprintf("node-%d.json", node))
		command := []string{"-n", "2", "--timings", "off", "--dist", mode, "--partition", fmt.Sprintf("%d/%d", node, nodes),
			"-f", "standard-verbose", "--jsonfile", events, "--"}
		worst = max(worst, shardtest.ExitCode(ts.Exec("gotestshard", append(command, rest...)...)))
		printed := ts.ReadFile("stdout") + ts.ReadFile("stderr")
		ts.Check(os.WriteFile(ts.MkAbs(fmt.Sprintf("node-%d.out", node)), []byte(printed), 0o600))
		for name, actions := range testsOf(ts, ts.ReadFile(events), false) {
			on[name] = append(on[name], node)
			isPackage := strings.HasSuffix(name, " ")
			switch {
			case !isPackage && got[name] != "":
				ts.Fatalf("%s ran on the nodes %v", name, on[name])
			case !isPackage || strings.Contains(actions, "fail") || got[name] == "" || strings.Contains(got[name], "skip"):
				got[name] = actions
			}
		}
	}
	if fmt.Sprint(worst) != code {
		ts.Fatalf("exit code %d, want %s", worst, code)
	}
	if !scriptOracle.knows(key, mapText(got)) {
		plain := append([]string{"test", "-json"}, rest...)
		if rest[0] == "-C" { // must be the first flag
			plain = slices.Concat([]string{"test"}, rest[:2], []string{"-json"}, rest[2:])
		}
		if got := shardtest.ExitCode(ts.Exec("go", plain...)); fmt.Sprint(got) != code {
			ts.Fatalf("go test: exit code %d, want %s\n%s", got, code, ts.ReadFile("stdout"))
		}
		want := testsOf(ts, ts.ReadFile("stdout"), false)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if got[name] != want[name] {
				ts.Fatalf("%s is %q, want %q as with go test", name, got[name], want[name])
			}
		}
		if len(got) != len(want) {
			ts.Fatalf("there are tests that are not in go test: %v", got)
		}
		scriptOracle.agree(key, true, mapText(want))
	}
	shared := 0
	for name, nodes := range on {
		if strings.HasSuffix(name, " ") && len(nodes) > 1 {
			shared++
		}
	}
	if kind == "-shared" && shared == 0 || kind == "-whole" && shared > 0 {
		ts.Fatalf("%d packages are on several nodes", shared)
	}
}
