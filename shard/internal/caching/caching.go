// Package caching implements gotestshard cache: the commands that make the results that go test
// keeps hold in a CI. Each command is a file.
package caching

import (
	"context"
	"errors"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Run runs the command that args name, those after "cache". Ctrl-C ends it with that signal's exit
// code.
func Run(args []string, call option.Call, stdout, stderr io.Writer) error {
	asked, err := option.ParseCache(args, call)
	switch {
	case errors.Is(err, option.ErrHelp):
		return asked.WriteHelp(stdout)
	case err != nil:
		return err
	}
	signals := signals.Start(false)
	defer signals.Stop()
	err = map[string]func(ctx context.Context, asked option.Cache, stdout, stderr io.Writer) error{
		"prepare": prepare, "explain": explain, "trim": trim,
	}[asked.Command](signals.Ctx, asked, stdout, stderr)
	if signals.Received() != 0 {
		return exit.Signalled(signals.Received())
	}
	return err
}
