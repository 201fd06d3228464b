package engine

import (
	"fmt"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/linkcache"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// WithLinkCache returns a go test command that takes linked programs from the cache, if the
// options ask for that and the user has no -toolexec, of which there can be only one.
func WithLinkCache(command []string, opts option.Options, settings gotest.Settings, stderr io.Writer) ([]string, error) {
	switch {
	case opts.LinkCache == "":
		return command, nil
	case settings.Toolexec != "":
		if opts.LinkCacheAsked || opts.Watch && opts.Distributed() { // otherwise the output is gotestsum's, or one run more
			_, _ = fmt.Fprintln(stderr, "gotestshard: the link cache is off, because go test has a -toolexec of yours; also look in GOFLAGS")
		}
		return command, nil
	}
	self, err := process.Self()
	if err != nil {
		return nil, err
	}
	return gotest.WithToolexec(command, linkcache.Words(self, opts.LinkCache, int64(opts.LinkCacheSize))...)
}

// withLinkCache is WithLinkCache for a command of a plain run.
func (e *Plain) withLinkCache(command []string) ([]string, error) {
	if e.opts.LinkCache == "" {
		return command, nil
	}
	settings, err := gotest.ReadSettings(e.ctx, e.opts.Environ, e.opts.Dir, e.opts.Args)
	if err != nil {
		return command, nil //nolint:nilerr // the go command reports the error
	}
	return WithLinkCache(command, e.opts, settings, e.log)
}
