package option

import (
	"errors"
	"fmt"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// Merge is what gotestshard merge is asked to do beside the reports of a run.
type Merge struct {
	Files        []string // result files, and folders of them; at least one
	Expect       int      // how many parts there have to be, 0 for as many as the files say
	CoverProfile string   // file name, empty for none
	Timings      string   // file name, empty for none
	// Workers are the names of all workers, as the files name them.
	Workers []string
	// AutoPrefix is whether lines have their worker in front when there are two or more.
	AutoPrefix bool
	// Single is whether Files is one file that is shown as the run that wrote it, also if
	// it is only one part of several.
	Single bool
	// Here is whether that run was one of this process, so that reports have its environment.
	Here bool
	// Units is not nil if the files are those of a queue, of units that nodes pulled.
	Units *Units
}

// Units are what is known of a build on a queue beside the result files of its units.
type Units struct {
	// Plan are all units.
	Plan []plan.Part
	// Missing is why a unit has no file, by its number from 1.
	Missing map[int]string
	// Annotate is whether the failures are annotated in a CI, because no run here did that.
	Annotate bool
	// Own is whether the files are only those of this node, since Began.
	Own   bool
	Began time.Time
}

func (m *Merge) flags() []flag {
	return []flag{
		{name: "expect", to: &m.Expect, help: "fail unless there are results of `N` parts; 0 means the number of parts that the files state"},
		{name: "coverprofile", to: &m.CoverProfile, help: "write the coverage of all parts together to `FILE`"},
		{name: "timings", to: &m.Timings, help: "add the test durations of all parts to the timing history `FILE`"},
	}
}

// check checks what merge alone is asked to do. url is that of --queue.
func (m *Merge) check(timingsGiven bool, url string) error {
	switch {
	case len(m.Files) == 0 && url == "":
		return fmt.Errorf("gotestshard merge needs files: write gotestshard merge FILES, "+
			"where FILES are files that --result wrote, or folders of *%s files, or gotestshard merge --queue URL --build ID", result.Extension)
	case len(m.Files) > 0 && url != "":
		return errors.New("gotestshard merge takes either files or --queue: leave one of them out")
	case url == QueueEmbed:
		return fmt.Errorf("--queue %s starts a server for one run, whose results are gone after it; with that run, write --wait", QueueEmbed)
	case m.Expect > 0 && url != "":
		return errors.New("--expect is for files: the queue has the plan, so that a missing unit is found without it")
	case m.Expect < 0 || m.Expect > result.MostParts:
		return fmt.Errorf("--expect %d is out of range: write a number from 1 to %d, or 0 for the number of parts that the files state", m.Expect, result.MostParts)
	case timingsGiven && (m.Timings == "" || m.Timings == TimingsOff):
		return errors.New("merge --timings needs a file; leave out the flag to store no timings")
	}
	return nil
}
