package gotest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSeparateCoverage(t *testing.T) {
	dir := t.TempDir()
	args, coverage, err := SeparateCoverage(dir, words("-test.gocoverdir=/work/b1 -test.coverprofile=/work/b1/c -x -test.gocoverdir=/user"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(args[0], "-test.gocoverdir="+dir) || args[1] != "-test.coverprofile="+coverage.Profile ||
		!strings.HasPrefix(coverage.Profile, dir) || args[3] != "-test.gocoverdir=/user" {
		t.Errorf("got %q, %+v", args, coverage)
	}
	if env := coverage.Env(); len(env) != 1 || env[0] != "GOCOVERDIR="+strings.TrimPrefix(args[0], "-test.gocoverdir=") {
		t.Errorf("environment %q", env)
	}
	old := t.TempDir()
	if err := os.WriteFile(filepath.Join(old, "metafiles.txt"), []byte("of the go command"), 0o600); err != nil {
		t.Fatal(err)
	}
	args, _, err = SeparateCoverage(dir, []string{"-test.gocoverdir=" + old})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(strings.TrimPrefix(args[0], "-test.gocoverdir="), "metafiles.txt")); string(text) != "of the go command" {
		t.Errorf("the list of further packages: %q, %v", text, err)
	}
	args, coverage, err = SeparateCoverage(dir, words("-test.v=test2json"))
	if err != nil || len(args) != 1 || coverage != (Coverage{}) || coverage.Env() != nil {
		t.Errorf("got %q, %+v, %v", args, coverage, err)
	}
}

func TestMergeProfiles(t *testing.T) {
	tests := map[string]struct {
		files []string // the first is the user's
		want  string
		err   string
	}{
		"set": {
			files: []string{"mode: set\nm/a.go:1.1,2.2 1 0\nm/a.go:3.1,4.2 2 1\n", "mode: set\nm/a.go:1.1,2.2 1 1\nm/a.go:3.1,4.2 2 0\n"},
			want:  "mode: set\nm/a.go:1.1,2.2 1 1\nm/a.go:3.1,4.2 2 1\n",
		},
		"count, another file and another block": {
			files: []string{
				"mode: count\nm/a.go:1.1,2.2 1 2\n",
				"mode: count\nm/a.go:1.1,2.2 1 3\nm/a.go:9.1,9.2 1 1\n",
				"mode: count\nm/b.go:1.1,2.2 1 1\nm/a.go:1.1,2.2 1 1\n",
			},
			want: "mode: count\nm/a.go:1.1,2.2 1 6\nm/a.go:9.1,9.2 1 1\nm/b.go:1.1,2.2 1 1\n",
		},
		"a process that crashed left none": {
			files: []string{"mode: atomic\nm/a.go:1.1,2.2 1 2\n", "", "missing"},
			want:  "mode: atomic\nm/a.go:1.1,2.2 1 2\n",
		},
		"a profile that is none": {
			files: []string{"mode: set\nm/a.go:1.1,2.2 1 0\n", "what\n"},
			want:  "mode: set\nm/a.go:1.1,2.2 1 0\n",
			err:   "bad mode line: what",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var names []string
			for i, content := range test.files {
				name := filepath.Join(dir, string(rune('a'+i)))
				names = append(names, name)
				if content == "missing" {
					continue
				}
				if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := MergeProfiles(names[0], names[1:])
			if (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
				t.Errorf("error %v, want %q", err, test.err)
			}
			got, err := os.ReadFile(names[0])
			if err != nil || string(got) != test.want {
				t.Errorf("got %v\n%s\nwant\n%s", err, got, test.want)
			}
		})
	}
}
