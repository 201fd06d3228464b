package observe

import (
	"cmp"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/kept"
)

func createKept(dir string) (*kept.File, error) {
	folder, err := kept.Of(cmp.Or(dir, "."))
	if err != nil {
		return nil, err
	}
	return folder.Create()
}

// outputs returns where the result is written.
func (r *Recording) outputs() io.Writer {
	switch {
	case r.opts.Unit != nil:
		return r.opts.Unit.Result
	case r.kept == nil && r.file == nil:
		return io.Discard
	case r.kept == nil:
		return r.file
	case r.file == nil:
		return r.kept
	}
	return io.MultiWriter(r.kept, r.file) // the first one never fails
}

// Discard removes the file of a run that is not kept because it does not get to Finish. The
// file of --result stays as it is.
func (r *Recording) Discard() {
	if r != nil && r.kept != nil {
		r.kept.Discard()
	}
}

// keep keeps the result of a run in which tests were started, or could not be built.
func (r *Recording) keep(ran bool, writeErr error) error {
	switch {
	case r.kept == nil:
		return r.notKept
	case !ran || r.end.Tests == 0 && r.end.ExitCode > exit.OwnError: // it was interrupted while it was built
		r.kept.Discard()
		return nil
	case writeErr != nil:
		r.kept.Fail(writeErr)
	}
	return r.kept.Keep()
}
