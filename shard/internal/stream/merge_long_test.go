package stream

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMergeShortensWhatElseIsLong(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	m := NewMerge([]Source{{Name: "a"}})
	out := mergeAll(t, m, []feed{
		{0, ev("attr", "p", "Test=T", "Key=k", "Value="+long)},
		{0, `{"Action":"fail","Package":"p","Test":"T","Output":"","Extra":"` + long + `"}`},
	})
	for line := range strings.Lines(out) {
		if len(line) > maxLine {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if strings.Count(out, "\n") != 2 || !strings.Contains(out, "… (shortened)") || !strings.Contains(out, `"Action":"fail"`) {
		t.Errorf("got %.200q", out)
	}
}

func TestMergeSplitsLongOutput(t *testing.T) {
	output := strings.Repeat("é\x1b<", 40_000) + "end\n"
	encoded, err := json.Marshal(output)
	if err != nil {
		t.Fatal(err)
	}
	m := NewMerge([]Source{{Name: "a"}})
	out, err := m.Line(nil, 0, []byte(`{"Action":"output","Package":"p","Test":"T","Output":`+string(encoded)+`}`))
	if err != nil {
		t.Fatal(err)
	}
	var joined strings.Builder
	for line := range strings.Lines(string(out)) {
		if len(line) > maxLine {
			t.Errorf("a line of %d bytes", len(line))
		}
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Action != "output" || e.Package != "p" || e.Test != "T" || e.Worker != "a" {
			t.Errorf("%q", line)
		}
		joined.WriteString(*e.Output)
	}
	if joined.String() != output {
		t.Error("the output is not what it was")
	}
}
