package shard

import (
	"bytes"
	"io"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// What a test printed is not a command of the CI, also in the commands that show results.
func TestShowingCannotCommandTheCI(t *testing.T) {
	for _, test := range []struct{ ci, args, want string }{
		{"", "", "::error::a ##[group]b\n"},
		{"true", "", ": :error::a # #[group]b\n"},
		{"true", "--json", "::error::a \\u0023#[group]b\n"},
	} {
		var stdout, stderr bytes.Buffer
		p := program{call: option.Call{Environ: []string{"GITHUB_ACTIONS=" + test.ci}}, stdout: &stdout, stderr: &stderr}
		do := func(args []string, _ option.Call, stdout, stderr io.Writer) error {
			_, _ = io.WriteString(stdout, "::error::a ##[group]b\n")
			_, _ = io.WriteString(stderr, "fine\n")
			return exit.Error{Code: exit.Failed, Reason: args[0]}
		}
		err := p.showing(do, []string{test.args})
		if stdout.String() != test.want || exit.Code(err) != exit.Failed || !bytes.HasPrefix(stderr.Bytes(), []byte("fine\n")) {
			t.Errorf("%+v: %v\n%s%s", test, err, stdout.String(), stderr.String())
		}
	}
}
