package option

import (
	"cmp"
	"slices"
	"strings"
)

// table returns every flag of a run, in the order of the help.
func (o *Options) table() []flag {
	all := slices.Concat(
		o.Distribution.flags(), o.Part.flags(), o.Pulling.flags(), o.Changes.flags(), o.Invocations.flags(), o.Scope.flags(), o.Display.flags(), o.Job.flags(),
		o.Reports.flags(), o.JUnit.flags(), o.Reruns.flags(), o.Limits.flags(), o.Diagnosing.flags(), o.Watching.flags(), o.Linking.flags(), o.GoTest.flags(), o.Configuration.flags(),
		[]flag{
			{name: "debug", to: &o.Debug, help: "enabled debug logging", upstream: true, merge: true},
			{name: "version", to: &o.Version, help: "show version and exit", upstream: true, once: true},
		},
	)
	order := strings.Fields(helpOrder)
	slices.SortFunc(all, func(a, b flag) int { return cmp.Compare(slices.Index(order, a.name), slices.Index(order, b.name)) })
	return all
}

// helpOrder is the order in which the help lists the flags of all concerns.
const helpOrder = `
	workers numprocesses max-workers dist plan collect-only timings partition
	queue build nodes wait fail-node queue-fallback queue-token-file queue-creds queue-ca changed explain max-worker-restart
	shard worker-prefix live heartbeat worker-env run-id setup teardown teardown-timeout grace-period
	shard-report result no-keep ci summary-md html trace svg junitfile-style failures failures-file hide-failed-parents no-tests
	test-timeout silence-timeout run-timeout leak
	flaky-result flaky retry-budget rerun-fails-alone rerun-fails-strict rerun-fails-together rerun-fails-after-panic
	diagnose diagnose-budget watch-start watch-deps watch-interrupt watch-poll
	link-cache link-cache-size
	config no-config profile

	format format-hide-empty-pkg format-hivis format-icons raw-command ignore-non-json-output-lines
	jsonfile jsonfile-timing-events no-color hide-summary no-summary post-run-command
	watch watch-clear watch-chdir max-fails
	junitfile junitfile-testsuite-name junitfile-testcase-classname junitfile-project-name
	junitfile-hide-empty-pkg junitfile-hide-skipped-tests
	rerun-fails rerun-fails-abort-on-data-race rerun-fails-max-failures rerun-fails-report rerun-fails-run-root-test
	packages debug version`
