package run

import (
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// unfinished is the recording of a run, as a target of signals before anything is started. A
// run that ends without its reports does not keep it.
type unfinished struct {
	signals.OnlyAsks
	record *observe.Recording
}

// CleanUp implements signals.Stopper.
func (u unfinished) CleanUp() error {
	u.record.Discard()
	return nil
}
