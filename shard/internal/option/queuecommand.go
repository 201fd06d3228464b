package option

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/format/plain"
)

// QueueCommand is what a command of gotestshard queue is asked to do.
type QueueCommand struct {
	Call
	Queue          // of token and status
	Command string // serve, token or status

	// Of serve:
	Listen, WebSocket string // host:port; WebSocket is empty for none
	Store             string // a folder
	MaxStore          Bytes
	Cert, Key         string // files, empty for no encryption
	// Expires is for how long a token is good.
	Expires time.Duration
}

// queueCommands are the commands of gotestshard queue.
var queueCommands = []string{"serve", "token", "status"}

func (c *QueueCommand) flags() []flag {
	token := flag{name: "token-file", to: &c.TokenFile, help: "`FILE` with the token of the server, one line of at least 16 characters"}
	switch c.Command {
	case "serve":
		return []flag{
			{name: "listen", to: &c.Listen, value: "127.0.0.1:4222", help: "`ADDRESS` for nodes: host:port, or :port for all addresses of this machine, which needs a token"},
			token,
			{name: "store", to: &c.Store, value: c.defaultStore(), help: "`FOLDER` for what the builds store"},
			{name: "max-store", to: &c.MaxStore, value: "10G", help: "how much all builds together may store: `SIZE`, such as 10G"},
			{name: "tls-cert", to: &c.Cert, help: "`FILE` with the server's certificates (PEM), to encrypt"},
			{name: "tls-key", to: &c.Key, help: "`FILE` with the private key (PEM) of --tls-cert"},
			{name: "websocket", to: &c.WebSocket, help: "a second `ADDRESS`, for nodes that reach only WebSocket: ws://, or wss:// with --tls-cert"},
		}
	case "token":
		token.help += ", from which that of the build is made"
		return []flag{
			{name: "build", env: "BUILD", to: &c.Build, help: "the `ID` of the build for which the token is valid"},
			token,
			{name: "expires", to: &c.Expires, value: "24h", help: "for how long the token is valid: `TIME`, such as 24h"},
		}
	case "status":
		return c.Queue.flags()
	}
	return nil
}

// defaultStore is in the user's cache, and in this folder for a user without one.
func (c *QueueCommand) defaultStore() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "gotestshard-queue"
	}
	return filepath.Join(cache, "gotestshard", "queue")
}

// ParseQueue reads the arguments of gotestshard queue, those after "queue", of a call. With
// ErrHelp, it returns what the help is to be about.
func ParseQueue(args []string, call Call) (QueueCommand, error) {
	c := QueueCommand{Call: call}
	if len(args) == 0 || args[0] == "help" || args[0] == "?" {
		return c, ErrHelp
	}
	if strings.HasPrefix(args[0], "-") {
		return c, helpOr(newFlagSet("gotestshard queue").Parse(args), func(err error) error {
			return fmt.Errorf("%w; gotestshard queue --help lists the commands, which come before their flags", err)
		})
	}
	if _, ok := queueHelp[args[0]]; !ok {
		return c, fmt.Errorf("unknown command: gotestshard queue %s; %sgotestshard queue --help lists the commands", args[0], plain.Suggest(args[0], queueCommands))
	}
	c.Command = args[0]
	set := newFlagSet("gotestshard queue " + c.Command)
	for _, row := range c.flags() {
		row.declare(set, call.Environ)
	}
	if err := set.Parse(args[1:]); err != nil {
		return c, helpOr(err, func(err error) error { return explainFlag(err, set, set.Name()) })
	}
	if set.NArg() > 0 {
		return c, fmt.Errorf("%s takes no arguments, only flags: what is %q? %s --help lists the flags", set.Name(), set.Arg(0), set.Name())
	}
	return c, c.settle()
}

// settle checks the flags against each other and reads the secret.
func (c *QueueCommand) settle() error {
	switch c.Command {
	case "status":
		switch c.URL {
		case "":
			return errors.New("gotestshard queue status needs the address of the server: add --queue URL")
		case QueueEmbed:
			return errors.New("gotestshard queue status cannot reach a server that a command starts itself: write the address, as in --queue nats://127.0.0.1:4222")
		}
		return c.Queue.settle(c.Environ)
	case "token":
		if c.Build == "" || len(c.Build) > longestBuild {
			return fmt.Errorf("gotestshard queue token needs the name of the build, of at most %d bytes: add --build ID", longestBuild)
		}
		if c.Expires <= 0 {
			return fmt.Errorf("--expires %s is not above 0; write a time such as 24h", c.Expires)
		}
	case "serve":
		switch {
		case (c.Cert == "") != (c.Key == ""):
			return errors.New("--tls-cert and --tls-key belong together: add the other one")
		case c.MaxStore < 1<<20:
			return fmt.Errorf("--max-store %s is too little for a queue; write at least 1M", c.MaxStore.String())
		case c.Store == "":
			return errors.New("--store is empty; write a folder")
		}
	}
	c.URL = QueueEmbed // the secret is that of a server
	if err := c.readToken(c.Environ); err != nil {
		return fmt.Errorf("gotestshard queue %s: %w", c.Command, err)
	}
	if c.Command == "token" && c.Token == "" {
		return errors.New("gotestshard queue token needs the token of the server: add --token-file FILE, or set $" + QueueTokenVariable)
	}
	return nil
}

// WriteHelp writes the help text of the command, or of gotestshard queue if there is none.
func (c QueueCommand) WriteHelp(out io.Writer) error {
	set := newFlagSet(c.Command)
	for _, row := range c.flags() {
		row.declare(set, c.Environ)
	}
	text := queueHelp[c.Command]
	if set.HasFlags() {
		text += "\nFlags:\n" + usages(set)
	}
	_, err := io.WriteString(out, text)
	return err
}

// queueHelp is the help of each command, and under "" that of gotestshard queue.
var queueHelp = map[string]string{
	"": `Usage:
    gotestshard queue serve [flags]
    gotestshard queue token --build ID --token-file FILE [--expires TIME]
    gotestshard queue status --queue URL --build ID [flags]

gotestshard queue is about the server from which the nodes of a CI take the tests to run,
with --queue URL. It is gotestshard itself, or any NATS 2.11 or newer with JetStream.

Commands:
    gotestshard queue serve      run such a server
    gotestshard queue token      make a token that is valid for one build, for some time
    gotestshard queue status     show how far a build is

gotestshard queue COMMAND --help describes a command.
`,
	"serve": `Usage:
    gotestshard queue serve [flags]

gotestshard queue serve is a server for the queues of builds, for as long as it runs. What
is stored is kept when it ends, also when it is killed, and for eight days after a build.
Other machines can only reach it with a token, which nodes have in $` + QueueTokenVariable + `.

    openssl rand -hex 32 > token
    gotestshard queue serve --listen :4222 --token-file token --tls-cert cert.pem --tls-key key.pem

On one machine, to try it:

    gotestshard queue serve
    gotestshard -n 2 --queue nats://127.0.0.1:4222 --build 1

Exit codes:
    0       it was ended by SIGTERM or Ctrl-C
    3       it cannot start, or cannot go on, such as when the disk is full
`,
	"token": `Usage:
    gotestshard queue token --build ID --token-file FILE [--expires TIME]

gotestshard queue token prints a token that is valid for one build on the server whose token
is in FILE. Give it to jobs that should not be able to read or change other builds. This
works without a connection to the server.

    GOTESTSHARD_QUEUE_TOKEN=$(gotestshard queue token --build "$RUN_ID" --token-file token)

Exit codes:
    0       the token is printed
    3       something else, such as a file that cannot be read
`,
	"status": `Usage:
    gotestshard queue status --queue URL --build ID [flags]

gotestshard queue status shows how many units of a build wait, run and are done, and what
each node did.

Exit codes:
    0       it is shown
    3       something else, such as a build that is not there, or a server that is not reached
`,
}
