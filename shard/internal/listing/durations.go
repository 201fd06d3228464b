package listing

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// Durations are the durations of tests in earlier runs and in this one.
type Durations struct {
	Past *history.History
	// Shared are those that all nodes of a CI have: from the file that the user named, if
	// this is one of several nodes.
	Shared *history.History
	Run    *history.Run
	file   string // empty for nowhere
	warn   func(error)
}

// OpenDurations reads the timings that a run asks for, by default those of the module in dir. A file that
// cannot be read is an error if several nodes must read the same file, and otherwise a warning.
func OpenDurations(ctx context.Context, asked option.Distribution, part node.Partition, dir string, stderr io.Writer) (*Durations, error) {
	t := &Durations{Past: new(history.History), Shared: new(history.History), Run: history.NewRun(), file: asked.Timings}
	t.warn = func(err error) { _, _ = fmt.Fprintf(stderr, "gotestshard: %v\n", err) }
	var err error
	switch asked.Timings {
	case option.TimingsOff:
		t.file = ""
	case "":
		if t.file, err = timingsFile(ctx, dir); err != nil {
			t.warn(err)
		}
	}
	switch {
	case t.file == "":
		return t, nil
	case part.Total > 0 && asked.Timings != "":
		t.file = "" // other nodes read its current state
		if t.Past, err = history.Read(asked.Timings); err != nil {
			return nil, fmt.Errorf("--timings with --partition: %w", err)
		}
		t.Shared = t.Past
		if len(t.Past.Packages()) == 0 {
			t.warn(fmt.Errorf("--timings %s has no history, so the parts are balanced by the number of tests", asked.Timings))
		}
		return t, nil
	case asked.Plan != "": // it changes no file
		past, err := history.Read(t.file)
		if err != nil {
			t.warn(fmt.Errorf("%w; the plan is made without it", err))
			return t, nil
		}
		t.Past = past
		return t, nil
	}
	past, err := history.Load(t.file)
	if err != nil {
		t.warn(err)
	}
	if past == nil {
		t.file = "" // saving would fail too, with a second warning
		return t, nil
	}
	t.Past = past
	return t, nil
}

// File returns the name of the file that a run adds its durations to, empty for none.
func (t *Durations) File() string { return t.file }

// Save adds this run to the file.
func (t *Durations) Save() {
	if t.file == "" {
		return
	}
	if err := t.Run.Save(t.file, time.Now()); err != nil {
		t.warn(err)
	}
}

// timingsFile returns the file of the module or workspace that contains a folder, in the
// user's cache directory.
func timingsFile(ctx context.Context, dir string) (string, error) {
	modules, err := history.Modules(ctx, dir)
	if err != nil {
		return "", fmt.Errorf("there is no timing history to read or to update: %w; name a file with --timings FILE, or use --timings off", err)
	}
	return history.DefaultFile(modules)
}
