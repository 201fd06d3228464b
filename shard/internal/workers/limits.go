package workers

import (
	"slices"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// limitsOf returns how long the tests of a package may run, nil if there is no limit. Of the tables
// of the configuration file that match a test, the first one with a value decides.
func limitsOf(timeout time.Duration, tests []option.TestRule, pkg string) *split.TestLimits {
	general := split.Limit{Time: timeout, From: "--test-timeout"}
	limited := general.Time > 0
	var rules []option.TestRule
	for _, rule := range tests {
		if rule.Match.In(pkg) && (rule.Timeout >= 0 || rule.Slow >= 0) {
			rules = append(rules, rule)
			limited = limited || rule.Timeout > 0 || rule.Slow > 0
		}
	}
	if !limited {
		return nil
	}
	return &split.TestLimits{Outside: general, Test: func(test string) split.Limit {
		limit, slow := general, time.Duration(-1)
		for _, rule := range slices.Backward(rules) {
			if !rule.Match.Matches(pkg, test) {
				continue
			}
			if rule.Timeout >= 0 {
				limit = split.Limit{Time: rule.Timeout, From: "[[test]] in " + string(rule.Place)}
			}
			if rule.Slow >= 0 {
				slow = rule.Slow
			}
		}
		limit.Slow = max(slow, 0)
		return limit
	}}
}

// leaks returns what happens if a test process leaves others behind.
func (e *Engine) leaks() pool.Leaks {
	if e.opts.Leak == option.LeakIgnore {
		return pool.Leaks{}
	}
	return pool.Leaks{Say: func(text string) { e.listing.Say(text) }, Fail: e.opts.Leak == option.LeakFail}
}
