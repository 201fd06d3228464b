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
