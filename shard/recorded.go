package shard

import (
	"fmt"
	"io"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/history"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// timings are how long tests took: in earlier runs, and in this one.
type timings struct {
	past *history.History
	run  *history.Run
	file string // empty for nowhere
	warn func(error)
}

func openTimings(opts option.Options, settings gotest.Settings, stderr io.Writer) *timings {
	t := &timings{past: new(history.History), run: history.NewRun(), file: opts.Timings}
	t.warn = func(err error) { _, _ = fmt.Fprintf(stderr, "gotestshard: %v\n", err) }
	var err error
	switch opts.Timings {
	case option.TimingsOff:
		t.file = ""
	case "":
		if t.file, err = timingsFile(settings.Dir); err != nil {
			t.warn(err)
		}
	}
	if t.file == "" {
		return t
	}
	if t.past, err = history.Load(t.file); err != nil {
		t.warn(err)
	}
	return t
}

// save adds this run to the file.
func (t *timings) save() {
	if t.file == "" {
		return
	}
	if err := t.run.Save(t.file, time.Now()); err != nil {
		t.warn(err)
	}
}

// timingsFile is the file of the module that a folder is in, in the user's cache
// directory.
func timingsFile(dir string) (string, error) {
	module, err := history.Module(dir)
	if err != nil {
		return "", err
	}
	return history.DefaultFile(module)
}
