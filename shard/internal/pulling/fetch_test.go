package pulling

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// What a record counts is fetched as a whole, and otherwise it is said why there is nothing.
func TestFetch(t *testing.T) {
	q := queue.NewMemory().Node()
	var all queue.Plan
	ids := map[string]string{}
	for name := range strings.FieldsSeq("whole short lost broken none") {
		unit := plan.Part{Packages: []plan.PartPackage{{Name: "m/" + name}}}
		all.Units, ids[name] = append(all.Units, unit), queue.ID(unit)
	}
	for _, name := range []string{"whole", "short"} {
		for n, chunk := range []string{"", "a", "b"} {
			if err := q.Write(t.Context(), ids[name], "n-1-x", n, []byte(chunk)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, record := range []queue.Record{
		{Unit: ids["whole"], Attempt: "n-1-x", Node: "n", Status: queue.Ran, Chunks: 3},
		{Unit: ids["short"], Attempt: "n-1-x", Node: "n", Status: queue.Ran, Chunks: 5},
		{Unit: ids["lost"], Node: "n", Status: queue.Lost, Nodes: []string{"k", "l"}, Reason: "it ended them"},
		{Unit: ids["broken"], Node: "n", Status: queue.Lost, Reason: "it could not be run"},
	} {
		if _, err := q.Finish(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	files, missing, err := fetch(t.Context(), q, all, t.TempDir())
	want := map[int]string{
		2: "n ran it, but the queue has only 3 of the 5 chunks of its result",
		3: "it was given up after k, l: it ended them",
		4: "it was given up: it could not be run",
		5: "no node has run it, or the node that does has not ended",
	}
	if err != nil || !maps.Equal(missing, want) || len(files) != 1 {
		t.Fatalf("%v, %q, %v", err, files, missing)
	}
	if text, err := os.ReadFile(files[0]); err != nil || string(text) != "ab" {
		t.Errorf("%v, %q", err, text)
	}
}
