package stream

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestShortLines(t *testing.T) {
	event := func(output string) string {
		line, err := json.Marshal(event{Action: "output", Package: "p", Test: "T", Output: &output})
		if err != nil {
			t.Fatal(err)
		}
		return string(line)
	}
	long := strings.Repeat("lång ", 40_000) + "\n"
	tests := map[string]string{
		"short lines":               event("a\n") + "\n" + event("b\n") + "\r\n\n  " + event("c") + "\n",
		"no end":                    event("a\n") + "\n" + event("b"),
		"a long line":               event("a\n") + "\n" + event(long) + "\n" + event("b") + "\n",
		"a long line without end":   event(long),
		"one that just fits":        event(strings.Repeat("x", maxScan-len(event(""))-1)) + "\n" + event("b") + "\n",
		"one that does not":         event(strings.Repeat("x", maxScan-len(event("")))) + "\n" + event("b") + "\n",
		"nothing":                   "",
		"not a go test -json event": strings.Repeat("y", 3*maxLine) + "\n",
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := io.ReadAll(ShortLines(iotest.HalfReader(strings.NewReader(in))))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(name, "not a go test -json event") {
				if outputs(t, string(got)) != outputs(t, in) {
					t.Error("it has other output")
				}
				for line := range strings.Lines(string(got)) {
					if len(line) > 64<<10 {
						t.Errorf("a line of %d bytes", len(line))
					}
				}
			}
			same := len(in) < maxScan || strings.Contains(name, "fits") || strings.Contains(name, "not a go test -json event")
			if same && string(got) != in {
				t.Errorf("got %d bytes, want %d", len(got), len(in))
			}
		})
	}
}

// outputs joins the outputs of all events.
func outputs(t *testing.T, stream string) string {
	t.Helper()
	var all strings.Builder
	decoder := json.NewDecoder(strings.NewReader(stream))
	for decoder.More() {
		var e event
		if err := decoder.Decode(&e); err != nil {
			t.Fatal(err)
		}
		all.WriteString(*e.Output)
	}
	return all.String()
}

func TestCutLines(t *testing.T) {
	in := "a\n" + strings.Repeat("x", 2*maxLine+10) + "\nb\n" + strings.Repeat("y", maxScan+1)
	got, err := io.ReadAll(CutLines(iotest.DataErrReader(strings.NewReader(in))))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(got), "\n")
	if strings.Join(lines, "") != strings.ReplaceAll(in, "\n", "") || len(lines) != 7 {
		t.Errorf("got %d lines", len(lines))
	}
	for _, line := range lines {
		if len(line) >= maxScan {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}
