package reports

import (
	"io"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// Tests that a test ran with testing.RunTests may fail on purpose. They have no annotations if
// their package printed PASS and passed.
func TestOnPurpose(t *testing.T) {
	const failed = `{"Action":"run","Package":"p","Test":"TestInner"}
{"Action":"fail","Package":"p","Test":"TestInner"}
`
	for _, c := range []struct {
		end       string
		annotated bool
	}{
		{`{"Action":"output","Package":"p","Output":"PASS\n"}` + "\n" + `{"Action":"pass","Package":"p"}`, false},
		{`{"Action":"output","Package":"p","Output":"FAIL\n"}` + "\n" + `{"Action":"fail","Package":"p"}`, true},
		{`{"Action":"pass","Package":"p"}`, true}, // of a command that does not check its tests
	} {
		h := noting(t, option.Options{Reports: option.Reports{HTML: "x"}}, io.Discard)
		exec, err := h.Scan(testjson.ScanConfig{Stdout: strings.NewReader(failed + c.end)})
		if err != nil {
			t.Fatal(err)
		}
		failures := (&summary{Outcome: Outcome{Noted: h}}).places(exec).failures()
		if len(failures) != 1 || failures[0].annotated != c.annotated {
			t.Errorf("%s: %+v", c.end, failures)
		}
	}
}

// A crash that did not happen again is a warning that says so.
func TestFlakyCrashes(t *testing.T) {
	for output, want := range map[string]string{
		"panic: boom\\n":         "panic in p.TestX (flaky)",
		"WARNING: DATA RACE\\n":  "data race in p.TestX (flaky)",
		"    x_test.go:3: no\\n": "FLAKY p.TestX",
	} {
		h := noting(t, option.Options{Reports: option.Reports{HTML: "x"}, Reruns: option.Reruns{RerunFails: 1}}, io.Discard)
		var exec *testjson.Execution
		for i, result := range []string{"fail", "pass"} {
			text := `{"Action":"run","Package":"p","Test":"TestX"}` + "\n"
			if result == "fail" {
				text += `{"Action":"output","Package":"p","Test":"TestX","Output":"` + output + `"}` + "\n"
			}
			text += `{"Action":"` + result + `","Package":"p","Test":"TestX"}` + "\n" + `{"Action":"` + result + `","Package":"p"}` + "\n"
			var err error
			if exec, err = h.Scan(testjson.ScanConfig{RunID: i, Stdout: strings.NewReader(text), Execution: exec}); err != nil {
				t.Fatal(err)
			}
		}
		failures := (&summary{Outcome: Outcome{Noted: h}}).places(exec).failures()
		if len(failures) != 1 || failures[0].annotation.Title != want || !failures[0].annotation.Warning {
			t.Errorf("%q: %+v, want the warning %q", output, failures, want)
		}
	}
}
