package stream

import (
	"errors"
	"testing"
)

func TestMergeNamesALineThatIsNoEvent(t *testing.T) {
	m := NewMerge([]Source{{Name: "a"}, {Name: "b"}})
	out, err := m.Line(nil, 1, []byte(ev("start", "p")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Line(out, 1, []byte("make: *** [test] Error 1"))
	var bad *NonJSONError
	if !errors.As(err, &bad) || bad.Source != "b" || bad.Number != 2 || bad.Line != "make: *** [test] Error 1" {
		t.Fatalf("got %v", err)
	}

	var passed []string
	m = NewMerge([]Source{{Name: "a", PassNonJSON: func(line []byte) { passed = append(passed, string(line)) }}})
	if out, err := m.Line(nil, 0, []byte("text")); err != nil || len(out) > 0 || len(passed) != 1 || passed[0] != "text" {
		t.Fatalf("got %q, %v, passed %q", out, err, passed)
	}
}

func TestMergeOfWhatIsNoTestEvent(t *testing.T) {
	for _, line := range []string{
		`{"level":"error","msg":"a log in JSON"}`, `{}`,
		`{"Action":"output","Package":"p","Elapsed":"1"}`, `{"Action":"fail","Package":"p","Elapsed":"1"}`,
		`{"Action":"output","Package":"p","Output":5}`, `{"Time":"yesterday","Action":"start","Package":"p"}`,
		`{"Time":"2026-13-02T03:04:05Z","Action":"start","Package":"p"}`, `{"Action":"pass","Package":"p","Elapsed":1e999}`,
	} {
		var passed []string
		m := NewMerge([]Source{{Name: "a", PassNonJSON: func(line []byte) { passed = append(passed, string(line)) }}})
		out, err := m.Line(nil, 0, []byte(line))
		if err != nil || len(out) > 0 || len(passed) != 1 || passed[0] != line {
			t.Errorf("%s: got %q, %v, passed %q", line, out, err, passed)
		}
		var bad *NonJSONError
		if _, err := NewMerge([]Source{{Name: "a"}}).Line(nil, 0, []byte(line)); !errors.As(err, &bad) {
			t.Errorf("%s: got %v", line, err)
		}
	}
}

func TestMergeOfALastLineThatIsCut(t *testing.T) {
	m := NewMerge([]Source{{Name: "a"}, {Name: "b"}})
	out := []byte(mergeAll(t, m, []feed{{0, ev("start", "p")}}))
	out, err := m.End(out, 0, []byte(`{"Action":"outp`))
	if err != nil {
		t.Fatal(err)
	}
	if out, err = m.End(out, 1, nil); err != nil {
		t.Fatal(err)
	}
	checkLines(t, string(out), []string{
		ev("start", "p", "Worker=a"),
		`{"Action":"output","Package":"p","Output":"gotestshard: the output of shard a stopped before p ended; its last output was \"{\\\"Action\\\":\\\"outp\"\n","Worker":"a"}`,
		`{"Action":"fail","Package":"p","Elapsed":0,"Worker":"a"}`,
	})
	// Outside packages, it is a line that is not an event.
	var bad *NonJSONError
	if _, err := NewMerge([]Source{{Name: "a"}}).End(nil, 0, []byte("no newline")); !errors.As(err, &bad) {
		t.Errorf("got %v", err)
	}
	// A complete line is accepted.
	out, err = NewMerge([]Source{{Name: "a"}}).End(nil, 0, []byte(ev("pass", "p")))
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, string(out), []string{ev("pass", "p", "Worker=a")})
}

func TestMergeLeavesTheGoCommandsTextToTestjson(t *testing.T) {
	m := NewMerge([]Source{{Lookup: func(string) (Run, bool) { return Run{}, false }}})
	out, err := m.Line(nil, 0, []byte("FAIL somehow"))
	if err != nil || string(out) != "FAIL somehow\n" {
		t.Fatalf("got %q, %v", out, err)
	}
}
