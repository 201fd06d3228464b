package option

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// What the flags for a queue are refused for, and where the secret is from.
func TestQueue(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, empty, two := file("good", " of the file\n"), file("empty", "\n"), file("two", "a\nb\n")
	for _, c := range []struct {
		args  string
		token string
		err   string // what is in it
	}{
		{"", "", ""},
		{"--queue nats://ci:4222", "", "--build"},
		{"--queue nats://ci:4222 --build 1", "of the environment", ""},
		{"--queue embed", "of the environment", ""},
		{"--queue nats://ci:4222 --build 1 --queue-token-file " + good, "of the file", ""},
		{"--queue nats://ci:4222 --build 1 --queue-token-file " + empty, "", "is empty"},
		{"--queue nats://ci:4222 --build 1 --queue-token-file " + two, "", "more than one line"},
		{"--queue nats://ci:4222 --build 1 --queue-creds f", "", ""},
		{"--queue nats://ci:4222 --build 1 --queue-creds f --queue-token-file " + good, "", "together"},
		{"--queue ci:4222 --build 1", "", "nats://host:4222"},
		{"--queue http://ci --build 1", "", "begins with http"},
		{"--queue nats://secret@ci:4222 --build 1", "", "password"},
		{"--queue ws://ci --build 1 --queue-ca f", "", "wss"},
		{"--queue tls://ci --build " + strings.Repeat("x", 257), "", "257"},
	} {
		q := Queue{}
		set := newFlagSet("")
		for _, row := range q.flags() {
			row.declare(set, nil)
		}
		if err := set.Parse(strings.Fields(c.args)); err != nil {
			t.Fatal(err)
		}
		err := q.settle(environ.List{QueueTokenVariable + "=of the environment"})
		switch {
		case c.err == "" && err != nil, c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v", c.args, err)
		case err == nil && q.Token != c.token:
			t.Errorf("%s: the token is %q", c.args, q.Token)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: the error has the secret: %v", c.args, err)
		}
	}
}

// What the commands of gotestshard queue are refused for, and their help.
func TestQueueCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret of the server\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"serve":                                "",
		"serve --token-file " + file:           "",
		"serve --tls-cert f":                   "belong together",
		"serve --max-store 1K":                 "too little",
		"serve --token-file " + file + ".gone": "queue serve",
		"serve now":                            "no arguments",
		"token --token-file " + file:           "--build",
		"token --build 1":                      "--token-file",
		"token --build 1 --expires 0s --token-file " + file: "--expires",
		"token --build 1 --token-file " + file:              "",
		"status --build 1":                                  "--queue",
		"status --queue embed --build 1":                    "write the address",
		"status --queue nats://ci:4222":                     "--build",
		"status --queue nats://ci:4222 --build 1":           "",
		"state":        "did you mean status",
		"--listen :1":  "come before their flags",
		"--help":       ErrHelp.Error(),
		"serve --help": ErrHelp.Error(),
	} {
		c, err := ParseQueue(strings.Fields(args), Call{})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", args, err)
		}
		if strings.Contains(args, file) && err == nil && c.Token != "secret of the server" {
			t.Errorf("%s: the token is %q", args, c.Token)
		}
	}
	for _, command := range slices.Concat(queueCommands, []string{""}) {
		var help strings.Builder
		if err := (QueueCommand{Command: command}).WriteHelp(&help); err != nil || !strings.Contains(help.String(), "gotestshard queue "+command) {
			t.Errorf("%s: %v\n%s", command, err, help.String())
		}
	}
}
