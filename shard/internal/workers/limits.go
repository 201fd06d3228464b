package workers

import (
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/pool"
	"github.com/gotestshard/gotestshard/shard/internal/split"
)

// limitsOf returns how long the tests of a package may run, nil if there is no limit.
func limitsOf(opts option.Options, pkg string) *split.TestLimits {
	general := split.Limit{Time: opts.TestTimeout, From: "--test-timeout"}
	rules := slices.DeleteFunc(slices.Clone(opts.Tests), func(rule option.TestRule) bool {
		return rule.Timeout < 0 || !rule.Match.In(pkg)
	})
	if general.Time == 0 && !slices.ContainsFunc(rules, func(rule option.TestRule) bool { return rule.Timeout > 0 }) {
		return nil
	}
	return &split.TestLimits{Outside: general, Test: func(test string) split.Limit {
		for _, rule := range rules {
			if rule.Match.Matches(pkg, test) {
				return split.Limit{Time: rule.Timeout, From: "[[test]] in " + string(rule.Place)}
			}
		}
		return general
	}}
}

// leaks returns what happens if a test process leaves others behind.
func (e *Engine) leaks() pool.Leaks {
	if e.opts.Leak == option.LeakIgnore {
		return pool.Leaks{}
	}
	return pool.Leaks{Say: func(text string) { e.listing.Say(text) }, Fail: e.opts.Leak == option.LeakFail}
}
