package run

import (
	"errors"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Around does what is around the units of a node: the set-up, do with the options for what runs in
// it, and the teardown. It returns the error for the exit code, and stops interrupts.
func Around(interrupts *signals.Watch, opts option.Options, stdout, stderr io.Writer, do func(option.Options) error) error {
	defer interrupts.Stop()
	limits := newLimits(opts.Limits, true, interrupts, stderr)
	defer limits.stop()
	scope := newScope(opts, stderr)
	interrupts.PassTo(scope)
	err := scope.setUp()
	var reportErr error
	if err == nil && interrupts.Received() == 0 {
		err = do(scope.options())
	} else {
		reportErr = reportUnstarted(interrupts, opts, err, stdout, stderr)
	}
	limits.stop()
	interrupts.PassNewTo(scope.closing())
	err = endWith(interrupts, err, errors.Join(reportErr, scope.close()), stderr)
	if over := limits.over(); over != nil {
		err = over
	}
	return err
}
