package option

import (
	"regexp"
	"strings"
	"testing"
)

// The flags, keys and commands of docs/control.md that are ours exist.
func TestDocumentOfControl(t *testing.T) {
	known := map[string]bool{}
	f := newFlags(Call{})
	for _, row := range f.table {
		known["--"+row.name] = true
	}
	for _, row := range (&Stress{}).flags() {
		known["--"+row.name] = true
	}
	for _, row := range append((&Last{}).flags(), (&Diagnose{}).flags()...) {
		known["--"+row.name] = true
	}
	keys := map[string]bool{keyRequiredVersion: true, "inherits": true, "ci": true}
	for _, kind := range f.opts.Tables.list() {
		keys["[["+kind.name+"]]"] = true
		for _, row := range kind.add().keys() {
			keys[row.name] = true
		}
	}
	rows := 0
	for line := range strings.Lines(document(t, "docs/control.md")) {
		cells := strings.Split(line, " | ")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what") {
			continue
		}
		rows++
		if len(cells) != 6 {
			t.Errorf("%d cells: %s", len(cells), line)
			continue
		}
		for _, span := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
			for word := range strings.FieldsSeq(span[1]) {
				name, _, _ := strings.Cut(word, "=")
				if strings.HasPrefix(word, "--") && !known[name] {
					t.Errorf("%s is not a flag", word)
				}
				if strings.HasPrefix(word, "[[") && !keys[word] {
					t.Errorf("%s is not a table", word)
				}
			}
			if key := span[1]; regexp.MustCompile("^[a-z-]+$").MatchString(key) && !strings.HasPrefix(key, "-") && !keys[key] && !known["--"+key] {
				t.Errorf("%s is not a key", key)
			}
		}
	}
	if rows < 30 {
		t.Errorf("only %d rows", rows)
	}
}
