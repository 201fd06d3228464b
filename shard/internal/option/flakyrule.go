package option

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// FlakyRule is a [[flaky]] of the configuration file: tests whose failures do not fail the run,
// up to and including a day.
type FlakyRule struct {
	Place
	Match  matchValue
	Reason string
	Issue  string // empty for none
	Owner  string // empty for none
	Until  Day
}

func (r *FlakyRule) keys() []flag {
	return []flag{
		{name: "match", to: &r.Match, required: true, example: `"store.TestUpload/big"`,
			help: "the tests that are meant, as in [[test]]; here it may also name subtests, behind a slash"},
		{name: "reason", to: &r.Reason, required: true, example: `"the port is taken now and then"`, help: "why such a test fails now and then"},
		{name: "issue", to: &r.Issue, example: `"https://example.com/issues/12"`, help: "where that is to be corrected"},
		{name: "owner", to: &r.Owner, example: `"team-store"`, help: "who is to correct it"},
		{name: "until", to: &r.Until, required: true, example: `2027-01-31`, help: "the last day, in UTC, on which failures of such a test do not fail the run; a date without quotes"},
	}
}

func (r *FlakyRule) check() (key string, err error) {
	if strings.TrimSpace(r.Reason) == "" {
		return "reason", errors.New("it is empty: write why such a test fails now and then")
	}
	return "", nil
}

// About says why the rule is there, who is to do something about it, and until when it holds.
func (r FlakyRule) About() string {
	text := fmt.Sprintf("until %s: %s", r.Until, strings.Join(strings.Fields(r.Reason), " "))
	switch {
	case r.Issue != "" && r.Owner != "":
		text += fmt.Sprintf(" (%s, %s)", r.Issue, r.Owner)
	case r.Issue+r.Owner != "":
		text += fmt.Sprintf(" (%s)", r.Issue+r.Owner)
	}
	return text
}

// Day is a date as 2027-01-31, which is in the order of the texts.
type Day string

// DayOf returns the day of a time, in UTC.
func DayOf(t time.Time) Day { return Day(t.UTC().Format(time.DateOnly)) }

func (d *Day) String() string { return string(*d) }

// Type returns the name of the value.
func (d *Day) Type() string { return "date" }

// Set reads a date.
func (d *Day) Set(text string) error {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return fmt.Errorf("%q is not a date; write one such as 2027-01-31", text)
	}
	*d = Day(text)
	return nil
}
