package suite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMainTestsNeedsAKnownMain(t *testing.T) {
	const lists = "package main\nvar tests = []T{{\"A\", p.A}, {\"A\", q.A}}\nvar benchmarks = []T{}\n"
	tests := map[string]struct {
		source string
		names  string
		ok     bool
	}{
		"none":       {"", "", false},
		"all":        {lists + "var fuzzTargets = []T{{\"F\", p.F}}\nvar examples = []T{{\"E\", p.E, \"\", false}}\n", "A F E", true},
		"one absent": {lists + "var fuzzTargets = []T{}\n", "", false},
		"another":    {lists + "var fuzzTargets = []T{}\nvar examples = list()\n", "", false},
		"poor":       {lists + "var", "", false},
		"names":      {lists + "var fuzzTargets = []T{{F, p.F}}\nvar examples = []T{}\n", "", false},
	}
	for name, test := range tests {
		dir := t.TempDir()
		if test.source != "" {
			if err := os.WriteFile(filepath.Join(dir, "_testmain.go"), []byte(test.source), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		names, ok := MainTests(filepath.Join(dir, "p.test"))
		if strings.Join(names, " ") != test.names || ok != test.ok {
			t.Errorf("%s: got %q, %v", name, names, ok)
		}
	}
}
