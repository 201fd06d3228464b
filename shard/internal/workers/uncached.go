package workers

import (
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/listing"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/uncached"
)

// watchCache returns what notes why packages are not cached, nil for --no-keep. program and part are
// in the words of -exec.
func watchCache(opts option.Options, settings gotest.Settings, program, part string) *uncached.Watch {
	if opts.NoKeep || settings.Cache == "" {
		return nil
	}
	off := ""
	switch {
	case settings.Exec != "":
		off = "-exec is set, with which go test keeps no result"
	case opts.Dist == plan.Each:
		off = "--dist each"
	case len(gotest.Args(opts.Args).Packages())+len(listing.WorkerPackages(opts.GoTest, opts.Environ)) == 0 && len(opts.Args) > 0:
		off = "the command names no package, and go test caches only for those it names: add ."
	}
	return uncached.New(uncached.Config{
		Cache: settings.Cache, Run: opts.RunID, Env: opts.GoEnvironment(),
		Program: program, Timeout: settings.Timeout.String(), Part: part, Off: off,
		Build: map[string]string{"-covermode": settings.CoverMode, "-coverpkg": settings.CoverPackages},
	})
}
