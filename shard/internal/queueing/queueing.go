// Package queueing implements gotestshard queue: the server for the queues of builds, and what a
// person asks about one. Each command is a file.
package queueing

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/queueserver"
	"github.com/gotestshard/gotestshard/shard/internal/signals"
)

// Run runs the command that args name, those after "queue".
func Run(args []string, call option.Call, stdout, stderr io.Writer) error {
	asked, err := option.ParseQueue(args, call)
	switch {
	case errors.Is(err, option.ErrHelp):
		return asked.WriteHelp(stdout)
	case err != nil:
		return err
	}
	signals := signals.Start(false)
	defer signals.Stop()
	switch asked.Command {
	case "serve": // a signal is how it ends
		return serve(signals.Ctx, asked, stderr)
	case "token":
		err = token(asked, stdout)
	case "status":
		err = status(signals.Ctx, asked, stdout)
	}
	if signals.Received() != 0 {
		return exit.Signalled(signals.Received())
	}
	return err
}

// token prints a token for one build.
func token(asked option.QueueCommand, stdout io.Writer) error {
	if len(asked.Token) < queueserver.ShortestSecret {
		return fmt.Errorf("the token of the server has %d characters, and a server needs at least %d", len(asked.Token), queueserver.ShortestSecret)
	}
	_, err := fmt.Fprintln(stdout, jetstream.BuildToken(asked.Token, asked.Build, time.Now().Add(asked.Expires)))
	return err
}
