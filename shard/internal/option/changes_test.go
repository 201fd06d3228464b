package option

import (
	"strings"
	"testing"
)

func TestChanged(t *testing.T) {
	for args, want := range map[string]string{
		"":                           "",
		"--changed ./a":              "auto",
		"--changed=origin/main":      "origin/main",
		"-n 2 --changed=HEAD":        "HEAD",
		"--changed --explain":        "auto",
		"--explain":                  "--explain says why --changed runs a package: add --changed",
		"--shard x --changed":        "--changed and --shard cannot be used together: ",
		"--raw-command --changed x":  "--changed and --raw-command cannot be used together: ",
		"--watch --changed":          "--changed and --watch cannot be used together: ",
		"-n 2 --changed --plan=json": "auto",
	} {
		opts, err := Parse(strings.Fields(args), thisCall())
		if err != nil {
			if !strings.HasPrefix(err.Error(), want) || want == "" {
				t.Errorf("%s: %v", args, err)
			}
			continue
		}
		if opts.Changed != want {
			t.Errorf("%s: %q", args, opts.Changed)
		}
	}
}
