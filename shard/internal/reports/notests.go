package reports

import (
	"slices"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

const noTestRan = "no test ran: the packages have no tests, or -run and -skip leave none"

// ranNothing reports whether a run that passed had no test although it was to run some.
func (o Outcome) ranNothing(args gotest.Args) bool {
	onPurpose := slices.ContainsFunc([]string{"c", "list", "n"}, func(flag string) bool {
		value, ok := args.Lookup(flag)
		return ok && value != "false"
	})
	return o.Err == nil && o.Own == nil && !o.Elsewhere && !onPurpose && o.Execution.Total() == 0
}

// noTests returns a warning about a run without tests, empty for none, and the error of the
// run.
func (o Outcome) noTests(tests option.GoTest, watches bool) (warning string, err error) {
	switch {
	case tests.NoTests == option.NoTestsPass || watches || !o.ranNothing(tests.Args):
		return "", o.Err
	case tests.NoTests == option.NoTestsFail:
		return "", exit.Error{Code: exit.Failed, Reason: noTestRan}
	}
	return noTestRan + "; --no-tests=fail makes this an error, --no-tests=pass hides this line", nil
}
