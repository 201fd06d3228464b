package observe

import (
	"fmt"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// Named notes which tables of the configuration file name a test that ran. A nil Named notes nothing.
type Named struct {
	rules []option.TestRule
	used  []bool
	each  bool // whether the names of tests end with that of a worker
}

// newNamed returns nil for a merge, which runs no test.
func newNamed(rules []option.TestRule, d option.Distribution, merges bool) *Named {
	if len(rules) == 0 || merges {
		return nil
	}
	return &Named{rules: rules, used: make([]bool, len(rules)), each: d.Dist == plan.Each && d.Workers > 0}
}

func (n *Named) add(event testjson.TestEvent) {
	if n == nil || event.Action != testjson.ActionRun || strings.Contains(event.Test, "/") {
		return
	}
	test := event.Test
	if n.each {
		test = split.WithoutWorker(test)
	}
	for i, rule := range n.rules {
		n.used[i] = n.used[i] || rule.Match.Matches(event.Package, test)
	}
}

// Unused returns notes about tables that name no test of the run.
func (n *Named) Unused() (notes []string) {
	if n == nil {
		return nil
	}
	for i, rule := range n.rules {
		if !n.used[i] {
			notes = append(notes, fmt.Sprintf("%s: [[test]] %s names no test of this run: correct the name, or remove the entry", rule.Place, rule.Match))
		}
	}
	return notes
}
