package report

import (
	"strings"
	"testing"
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
