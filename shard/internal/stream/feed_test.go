package stream

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// feed is one line for Merge, or the end of its source.
type feed struct {
	source int
	line   string
}

const end = "(end)"

// ev returns a line as go test -json prints it, with KEY=VALUE pairs.
func ev(action, pkg string, pairs ...string) string {
	fields := []string{fmt.Sprintf(`"Action":%q,"Package":%q`, action, pkg)}
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		if key == "Elapsed" {
			fields = append(fields, fmt.Sprintf(`%q:%s`, key, value))
		} else {
			fields = append(fields, fmt.Sprintf(`%q:%q`, key, value))
		}
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func mergeAll(t *testing.T, m *Merge, feed []feed) string {
	t.Helper()
	var out []byte
	for _, f := range feed {
		if f.line == end {
			var err error
			if out, err = m.End(out, f.source, nil); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var err error
		if out, err = m.Line(out, f.source, []byte(f.line)); err != nil {
			t.Fatal(err)
		}
	}
	return string(out)
}

// checkLines compares lines as JSON, ignoring the order of keys.
func checkLines(t *testing.T, got string, want []string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	for i := range max(len(lines), len(want)) {
		var g, w string
		if i < len(lines) {
			g = lines[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if canonical(g) != canonical(w) {
			t.Errorf("line %d\n got %s\nwant %s", i+1, g, w)
		}
	}
}

func canonical(line string) string {
	var v any
	if json.Unmarshal([]byte(line), &v) != nil {
		return line
	}
	b, err := json.Marshal(v)
	if err != nil {
		return line
	}
	return string(b)
}
