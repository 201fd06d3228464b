package engine

import (
	"fmt"
	"io"
	"os"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/linkcache"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/process"
)

// WithLinkCache returns a go test command that takes linked programs from the cache, if there is one,
// its folder can be made, and the user has no -toolexec, of which there can be only one. warns is
// whether to print why it does not.
func WithLinkCache(command []string, linking option.Linking, warns bool, settings gotest.Settings, stderr io.Writer) ([]string, error) {
	switch {
	case linking.LinkCache == "":
		return command, nil
	case settings.Toolexec != "":
		if warns {
			_, _ = fmt.Fprintln(stderr, "gotestshard: the link cache is off, because go test has a -toolexec of yours; also look in GOFLAGS")
		}
		return command, nil
	}
	if err := os.MkdirAll(linking.LinkCache, 0o700); err != nil {
		if warns {
			_, _ = fmt.Fprintf(stderr, "gotestshard: the link cache is off: %v; choose another folder with --link-cache=DIR\n", err)
		}
		return command, nil
	}
	self, err := process.Self()
	if err != nil {
		return nil, err
	}
	return gotest.WithToolexec(command, linkcache.Words(self, linking.LinkCache, int64(linking.LinkCacheSize))...)
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
	warns := e.opts.LinkCacheAsked // otherwise the output is gotestsum's
	return WithLinkCache(command, e.opts.Linking, warns, settings, e.log)
}
