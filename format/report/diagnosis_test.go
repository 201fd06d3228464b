package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

func TestDiagnoses(t *testing.T) {
	all := []Diagnosis{
		{Verdict: "broken", Title: "m/a TestA", Why: []string{"it failed 3 of 3 times alone"}, Command: "go test -run='^TestA$' m/a"},
		{Verdict: "unknown", Title: "m/a Test|B", Why: []string{"one", "two"}},
	}
	var out strings.Builder
	if err := WriteDiagnoses(&out, all, 1000); err != nil {
		t.Fatal(err)
	}
	checkMarkdown(t, out.String())
	want := "### Why they failed\n\n| verdict | test | why |\n|---|---|---|\n| broken | m/a TestA | it failed 3 of 3 times alone |\n" +
		"| unknown | m/a Test\\|B | one; two |\n\n```sh\ngo test -run='^TestA$' m/a\n```\n\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	for limit := range 400 {
		out.Reset()
		err := WriteDiagnoses(&out, append(all, Diagnosis{Verdict: hostileName, Title: hostileName, Why: []string{hostileOutput}, Command: hostileOutput}), limit)
		if checkMarkdown(t, out.String()); err != nil || out.Len() > limit {
			t.Fatalf("%d bytes, at most %d are allowed: %v", out.Len(), limit, err)
		}
	}
	if !strings.Contains(out.String(), "… and 2 more\n") {
		t.Errorf("%s", &out)
	}
}

// In a JUnit file, each failure of the test has the verdict, and what failed outside all tests too.
func TestJUnitDiagnoses(t *testing.T) {
	exec, junit := scan(t, firstRun, secondRun), sampleJUnit()
	junit.Diagnoses = []Diagnosis{
		{Package: "example.com/m/a", Test: "TestFlaky", Verdict: "flaky", Title: "a TestFlaky", Why: []string{"one", "two"}, Command: "gotestshard stress \x1b a"},
		{Package: "example.com/m/main", Test: "TestMain", Verdict: "broken", Title: "main, outside its tests"},
		{Package: "example.com/m/a", Test: "TestSkipped", Verdict: "collides", Title: "a failure that does not count"},
		{Package: "example.com/m/other", Test: "TestFlaky", Verdict: "of another package"},
	}
	for name, form := range map[string]struct {
		write  func(io.Writer, *testjson.Execution) error
		prefix string
	}{"gotestsum": {junit.WriteGotestsum, ""}, "surefire": {junit.WriteSurefire, "TestFlaky."}} {
		var out bytes.Buffer
		if err := form.write(&out, exec); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			`name="` + form.prefix + `gotestshard.verdict" value="flaky"`, `name="` + form.prefix + `gotestshard.verdict.why" value="a TestFlaky; one; two"`,
			`name="` + form.prefix + `gotestshard.verdict.command" value="gotestshard stress � a"`, `gotestshard.verdict" value="broken"`, `value="main, outside its tests"`, `gotestshard.verdict" value="collides"`,
		} {
			if strings.Count(out.String(), want) != 1 {
				t.Errorf("%s has %s %d times:\n%s", name, want, strings.Count(out.String(), want), &out)
			}
		}
		if strings.Contains(out.String(), "of another package") {
			t.Errorf("%s: %s", name, &out)
		}
	}
}
