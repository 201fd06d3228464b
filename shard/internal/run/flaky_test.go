package run

import (
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/observe"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/quarantine"
	"github.com/gotestshard/gotestshard/shard/internal/reports"
)

// The exit code of the go command is forgiven only if it comes from nothing but failures that do
// not count.
func TestForgiven(t *testing.T) {
	const failed = `{"Action":"run","Package":"m/a","Test":"TestX"}
{"Action":"fail","Package":"m/a","Test":"TestX"}
{"Action":"output","Package":"m/a","Output":"FAIL\n"}
{"Action":"fail","Package":"m/a"}
`
	for name, test := range map[string]struct {
		stdout, stderr string
		err            error
		forgiven       bool
	}{
		"the test":              {failed, "", exit.Error{Code: 1}, true},
		"with a warning":        {failed, "warning: no packages match\ngo: downloading x v1\ngo: warning: \"./...\" matched no packages\n", exit.Error{Code: 1}, true},
		"with an error":         {failed, "write cover.out: no space left on device\n", exit.Error{Code: 1}, false},
		"with another code":     {failed, "", exit.Error{Code: 2}, false},
		"with a reason":         {failed, "", exit.Error{Code: 1, Reason: "because"}, false},
		"with another package":  {failed + `{"Action":"fail","Package":"m/b"}` + "\n", "", exit.Error{Code: 1}, false},
		"without such failures": {`{"Action":"pass","Package":"m/a"}` + "\n", "", exit.Error{Code: 1}, false},
	} {
		var opts option.Options
		rule := option.FlakyRule{}
		if err := rule.Match.Set("TestX"); err != nil {
			t.Fatal(err)
		}
		if err := rule.Until.Set("9999-12-31"); err != nil {
			t.Fatal(err)
		}
		opts.Flaky = []option.FlakyRule{rule}
		rules := quarantine.New(opts, false)
		exec, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: rules.Reader(strings.NewReader(test.stdout)), Stderr: strings.NewReader(test.stderr)})
		if err != nil {
			t.Fatal(err)
		}
		got := forgiven(reports.Outcome{Execution: exec, Noted: &observe.Handler{Quarantine: rules}, Err: test.err})
		if (got == nil) != test.forgiven {
			t.Errorf("%s: %v, and its forgiveness is to be %v", name, got, test.forgiven)
		}
	}
}
