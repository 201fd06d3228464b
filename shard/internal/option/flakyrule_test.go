package option

import (
	"strings"
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/config"
)

func TestFlakyRules(t *testing.T) {
	clearEnv(t)
	inModule(t, "[[flaky]]\nmatch = 'a.TestX/y'\nreason = \"the\\n port\"\nuntil = 2027-01-31\n[[flaky]]\nmatch = '*'\nreason = 'x'\nissue = '#1'\nowner = ''\nuntil = 2027-02-28\n")
	opts := parse(t)
	if len(opts.Flaky) != 2 || !opts.Flaky[0].Match.Matches("m/a", "TestX/y") || opts.Flaky[0].Until != "2027-01-31" || !opts.OwnSummary() {
		t.Fatalf("%+v", opts.Flaky)
	}
	for i, want := range []string{"until 2027-01-31: the port", "until 2027-02-28: x (#1)"} {
		if got := opts.Flaky[i].About(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	const rule = "[[flaky]]\nmatch = 'TestX'\nreason = 'x'\n"
	for text, want := range map[string]string{
		rule:                                 "1:3: flaky: this table has no until: add one, such as until = 2027-01-31",
		rule + "until = '2027-01-31'":        "4:1: until: this is a text: write a date without quotes, such as 2027-01-31",
		rule + "until = 2027-01-31T10:00:00": "4:1: until: this is a number or a time: write a date",
		"[[flaky]]\nmatch = 'TestX'\nuntil = 2027-01-31\nreason = ' '": "4:1: reason: it is empty: write why",
		"[[flaky]]\nmatch = 'TestX'\nuntil = 2027-01-31":               "1:3: flaky: this table has no reason",
		"flaky = 'fail'": "1:1: flaky: this is a text: write a table for each, [[flaky]] with two brackets",
	} {
		inModule(t, text)
		if _, err := Parse(nil, thisCall()); err == nil || !strings.HasPrefix(err.Error(), config.Name+":"+want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestToday(t *testing.T) {
	call := Call{Now: func() time.Time { return time.Date(2027, 1, 31, 23, 30, 0, 0, time.FixedZone("", -3600)) }}
	if got := call.Today(); got != "2027-02-01" {
		t.Error(got)
	}
}
