package rerun

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/plan"
)

// What a later run has to run again, by how the earlier one went.
func TestUnitsOfALaterRun(t *testing.T) {
	const stream = "p run TestA,p pass TestA,p run TestB,p run TestB/x,p fail TestB/x,p run TestB/y,p pass TestB/y,p fail TestB,p fail ," +
		"q run TestA,q pass TestA,q pass ,crashed run TestA,crashed pass TestA,crashed run TestB,crashed fail TestB,crashed fail ," +
		"main fail ,empty skip ,built fail "
	for _, c := range []struct {
		name    string
		earlier Earlier
		want    string
	}{
		{"it ended", Earlier{}, "built run= skip=; crashed run= skip=; main run= skip=; p run=^TestB$ skip=^TestB$/^y$"},
		{"it ended early", Earlier{EndedEarly: true}, "built run= skip=; crashed run= skip=^TestA$; main run= skip=; p run= skip=^TestA$"},
		{"it repeated the tests", Earlier{EndedEarly: true, User: gotest.Settings{Count: "2"}}, "built run= skip=; crashed run= skip=; main run= skip=; p run= skip="},
		{"every worker ran everything", Earlier{Dist: plan.Each}, "built run= skip=; crashed run= skip=; main run= skip=; p run= skip="},
	} {
		c.earlier.Execution, c.earlier.Complete = scanned(t, stream), map[string]bool{"p": true}
		var got []string
		for _, unit := range c.earlier.Units() {
			got = append(got, fmt.Sprintf("%s run=%s skip=%s", unit.Package, unit.Run, unit.Skip))
		}
		if got := strings.Join(got, "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A test that passed when it ran again is flaky, and does not run again.
func TestFlakyTestsDoNotRunLater(t *testing.T) {
	exec := scanned(t, "p run TestA,p fail TestA,p run TestB,p fail TestB,p fail ")
	_, err := testjson.ScanTestOutput(testjson.ScanConfig{
		RunID: 1, Stdout: strings.NewReader(lines("p run TestA,p pass TestA,p run TestB,p fail TestB,p fail ")), Execution: exec, Handler: keeping{},
	})
	if err != nil {
		t.Fatal(err)
	}
	units := Earlier{Execution: exec, Complete: map[string]bool{"p": true}}.Units()
	if len(units) != 1 || units[0].Run != "^TestB$" {
		t.Errorf("%+v", units)
	}
}

func lines(stream string) string {
	var text strings.Builder
	for event := range strings.SplitSeq(stream, ",") {
		words := strings.SplitN(event, " ", 3)
		fmt.Fprintf(&text, "{\"Package\":%q,\"Action\":%q,\"Test\":%q}\n", words[0], words[1], words[2])
	}
	return text.String()
}

func scanned(t *testing.T, stream string) *testjson.Execution {
	t.Helper()
	exec, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: strings.NewReader(lines(stream)), Handler: keeping{}})
	if err != nil {
		t.Fatal(err)
	}
	return exec
}

type keeping struct{}

func (keeping) Event(testjson.TestEvent, *testjson.Execution) error { return nil }
func (keeping) Err(string) error                                    { return nil }
