package format

import (
	"bytes"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"
)

// A failure appears when it happens, on lines of its own with the prefix of its worker.
func TestMoreThanTheFormatShows(t *testing.T) {
	stream := strings.Join([]string{
		`{"Action":"run","Package":"m/p","Test":"TestA","Worker":"gw1"}`,
		`{"Action":"pass","Package":"m/p","Test":"TestA","Worker":"gw1"}`,
		`{"Action":"run","Package":"m/p","Test":"TestB","Worker":"gw1"}`,
		`{"Action":"fail","Package":"m/p","Test":"TestB","Worker":"gw1"}`,
		`{"Action":"run","Package":"m/p","Test":"TestHangs","Worker":"gw0"}`,
		`{"Action":"fail","Package":"m/p","Worker":"gw0,gw1"}`,
	}, "\n")
	more := func(event testjson.TestEvent, _ *testjson.Execution) string {
		if event.Action != testjson.ActionFail || event.Test == "" {
			return ""
		}
		return event.Test + " failed\n\n"
	}
	unended := func(testjson.TestCase, *testjson.Execution) string { return "interrupted after 3.1s" }
	for _, test := range []struct {
		format  string
		workers []string
		want    string
	}{
		{"pkgname", []string{"gw0", "gw1"}, "[gw1] TestB failed\n\n[gw0,gw1] ✖  m/p\n[gw0] TestHangs failed\n\n"},
		{"dots", nil, "[m/p]·✖\nTestB failed\n\n✖\nTestHangs failed\n\n"},
		{"testname", []string{"gw0", "gw1"}, "[gw1] PASS m/p.TestA (0.00s)\n[gw1] FAIL m/p.TestB (0.00s)\n[gw1] TestB failed\n\n" +
			"[gw0,gw1] FAIL m/p\n[gw0] FAIL m/p.TestHangs (interrupted after 3.1s)\n[gw0] TestHangs failed\n\n"},
		{"github-actions", nil, "  PASS m/p.TestA (0.00s)\n  FAIL m/p.TestB (0.00s)\nTestB failed\n\n" +
			"  FAIL Package m/p\n\n  FAIL m/p.TestHangs (interrupted after 3.1s)\nTestHangs failed\n\n"},
	} {
		t.Setenv("GITHUB_ACTIONS", "")
		var out bytes.Buffer
		f, err := New(&out, test.format, Options{Workers: test.workers, More: more, Unended: unended})
		if err != nil {
			t.Fatal(err)
		}
		scan(t, f, stream)
		if out.String() != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.format, out.String(), test.want)
		}
	}
}
