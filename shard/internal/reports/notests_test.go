package reports

import (
	"errors"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/exit"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

func TestNoTests(t *testing.T) {
	const nothing = `{"Action":"pass","Package":"p"}`
	const skipped = `{"Action":"run","Package":"p","Test":"TestA"}` + "\n" + `{"Action":"skip","Package":"p","Test":"TestA"}` + "\n" + nothing
	failed := errors.New("failed")
	for name, test := range map[string]struct {
		events, args string
		outcome      Outcome
		says         string // what the warning begins with
		fails        bool   // with --no-tests=fail
	}{
		"nothing":                         {events: nothing, says: noTestRan, fails: true},
		"only skipped tests":              {events: skipped},
		"nothing, and a failure":          {events: nothing, outcome: Outcome{Err: failed}},
		"nothing, and an error of ours":   {events: nothing, outcome: Outcome{Own: failed}},
		"tests on other nodes":            {events: nothing, outcome: Outcome{Elsewhere: true}},
		"only listed":                     {events: nothing, args: "-list=. ./..."},
		"only built":                      {events: nothing, args: "-c ./..."},
		"what belongs to the test binary": {events: nothing, args: "./p -args -list=.", says: noTestRan, fails: true},
	} {
		o := test.outcome
		var err error
		o.Execution, err = testjson.ScanTestOutput(testjson.ScanConfig{Stdout: strings.NewReader(test.events)})
		if err != nil {
			t.Fatal(err)
		}
		tests := option.GoTest{Args: strings.Fields(test.args), NoTests: option.NoTestsWarn}
		if warning, err := o.noTests(tests, false); (warning == "") != (test.says == "") || !strings.HasPrefix(warning, test.says) || !errors.Is(err, o.Err) {
			t.Errorf("%s: %q, %v", name, warning, err)
		}
		tests.NoTests = option.NoTestsFail
		warning, err := o.noTests(tests, false)
		if test.fails && exit.Code(err) != exit.Failed || !test.fails && !errors.Is(err, o.Err) || warning != "" {
			t.Errorf("%s with fail: %q, %v", name, warning, err)
		}
		tests.NoTests = option.NoTestsPass
		if warning, err := o.noTests(tests, false); warning != "" || !errors.Is(err, o.Err) {
			t.Errorf("%s with pass: %q, %v", name, warning, err)
		}
	}
}
