package flaky

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/result"
)

// write writes a result file with events, which is cut off unless it is to be whole.
func write(t *testing.T, name, runID string, whole bool, events ...string) {
	t.Helper()
	var text strings.Builder
	w, err := result.NewWriter(&text, result.Header{Part: 1, Parts: 1, RunID: runID, Started: began, Origin: node.Job{CI: "GitLab", Commit: "c1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		action, test, _ := strings.Cut(e, " ")
		if err := w.Event([]byte(`{"Action":"` + action + `","Package":"p","Test":"` + test + `"}`)); err != nil {
			t.Fatal(err)
		}
	}
	if whole {
		if err := w.End(result.End{}); err != nil {
			t.Fatal(err)
		}
	}
	w.Abandon()
	if err := os.WriteFile(name, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadAll(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("a.gotestshard"), "1", true, pass...)
	write(t, at("copy.gotestshard"), "1", true, pass...)
	write(t, at("cut.gotestshard"), "2", false, fail...)
	if err := os.WriteFile(at("empty.gotestshard"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	never := func() bool { return false }
	var notes strings.Builder
	runs, err := readAll(option.Flaky{Files: []string{dir}}, never, &notes)
	if err != nil || len(runs) != 2 || len(runs[1].ends) != 1 || !runs[1].ends[0].Failed || !count(runs)[0].FirstFailed.Equal(began) {
		t.Errorf("%v, %+v", err, runs)
	}
	if got := notes.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "cut.gotestshard: it is cut off; what comes before that counts") ||
		!strings.Contains(got, "empty.gotestshard ends before its header") {
		t.Error(got)
	}
	if err := os.WriteFile(at("b.gotestshard"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(option.Flaky{Files: []string{dir}}, never, &notes); err == nil || !strings.Contains(err.Error(), "b.gotestshard: it is not a gotestshard result file") {
		t.Error(err)
	}
	if _, err := readAll(option.Flaky{Files: []string{at("missing")}}, never, &notes); err == nil {
		t.Error("a missing file is no error")
	}
}
