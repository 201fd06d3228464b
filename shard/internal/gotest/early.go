package gotest

import (
	"errors"
	"fmt"
	"os"

	"github.com/gotestshard/gotestshard/shard/internal/early"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// A hook whose coordinator was killed ends here: before, the packages that killing needs were not
// initialized.
func init() {
	if len(early.Left) > 0 {
		_, _ = fmt.Fprintf(os.Stdout, "gotestshard: %v\n", killLeft())
		os.Exit(1)
	}
}

func killLeft() error {
	errs := []error{early.ErrLost}
	for _, identity := range early.Left {
		errs = append(errs, process.KillOther(identity))
	}
	return errors.Join(errs...)
}
