package jetstream

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// Which plans of other nodes are taken.
func TestDecode(t *testing.T) {
	unit := func(pkg string, tests ...string) plan.Part {
		return plan.Part{Packages: []plan.PartPackage{{Name: pkg, Tests: tests}}}
	}
	for what, c := range map[string]struct {
		units []plan.Part
		want  string
	}{
		"a package":          {[]plan.Part{unit("example.com/a-b/v2")}, ""},
		"tests":              {[]plan.Part{unit("example.com/a", "TestÄ_b", "ExampleT_x")}, ""},
		"nothing":            {nil, ""},
		"a flag":             {[]plan.Part{unit("-exec=evil")}, "could be something else"},
		"a flag as a test":   {[]plan.Part{unit("a", "TestA", "-exec")}, "could be something else"},
		"a name of nothing":  {[]plan.Part{unit("")}, "could be something else"},
		"a line":             {[]plan.Part{unit("a\nb")}, "could be something else"},
		"more than a server": {make([]plan.Part, queue.MostUnits+1), "more than 10000"},
	} {
		data, err := encode(queue.Plan{Node: "n", Units: c.units})
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(data)
		if c.want == "" && (err != nil || len(got.Units) != len(c.units)) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// What is no plan is an error, and what would fill the memory too.
func FuzzDecode(f *testing.F) {
	good, err := encode(queue.Plan{Node: "n", Units: []plan.Part{{Packages: []plan.PartPackage{{Name: "a", Tests: []string{"T"}}}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte{})
	var bomb bytes.Buffer
	compressed := gzip.NewWriter(&bomb)
	_, _ = fmt.Fprintf(compressed, "{\"node\": %q}", strings.Repeat("x", 1<<20)) // memory does not fail
	_ = compressed.Close()                                                       // as above
	f.Add(bomb.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decode(data)
		if err != nil {
			return
		}
		again, err := encode(got)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(again); err != nil {
			t.Error(err)
		}
	})
}

// Names of builds and attempts make exactly one token of a subject, whatever is in them.
func TestSubjects(t *testing.T) {
	for _, build := range []string{"", "a", "a.b.>", "*", "../../x", "ü\n\x00", strings.Repeat("x", 300)} {
		name := Name(build)
		if of, ok := BuildOf(ConnectionName(build)); !ok || of != name || len(name) != 32 {
			t.Errorf("%q has the name %q, and its connection %q", build, name, of)
		}
		if build == "" || len(build) > 255 {
			continue
		}
		subject := subjects{name}.chunk("0123456789abcdef", build, 7)
		if strings.Count(subject, ".") != 5 || strings.ContainsAny(subject, "*> \n\x00") {
			t.Errorf("an attempt %q has the subject %q", build, subject)
		}
		if attempt, err := attemptOf(subject); err != nil || attempt != build {
			t.Errorf("the subject %q is of %q, %v", subject, attempt, err)
		}
	}
	for _, unit := range []string{"", "a.b", "*", ">", "a b", "a\n", strings.Repeat("x", 65)} {
		if checkToken("unit", unit) == nil {
			t.Errorf("%q is a unit", unit)
		}
	}
}
