package option

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gotestshard/gotestshard/shard/internal/config"
)

// joined is the value of a flag that is a list in one word.
type joined interface{ separator() string }

// isKey is whether a configuration file can have the flag.
func (f flag) isKey() bool { return !f.hidden && !f.once }

// kinds returns of which kinds the flag's value can be in a configuration file, and a word
// for it that errors can use.
func (f flag) kinds() (kinds []config.Kind, word string) {
	switch to := f.to.(type) {
	case *bool:
		return []config.Kind{config.Bool}, "true or false"
	case *int:
		return []config.Kind{config.Integer}, "a whole number, such as 3"
	case *string:
		return []config.Kind{config.Text}, `a text, such as "x"`
	case *[]string, *shardsValue:
		return []config.Kind{config.List}, `a list of texts, such as ["x", "y"]`
	case *time.Duration:
		return []config.Kind{config.Text}, `a text with a unit, such as "10s"`
	case *workersValue:
		return []config.Kind{config.Integer, config.Text}, `a whole number, or a text such as "auto"`
	case joined:
		return []config.Kind{config.List, config.Text}, `a list of texts, such as ["x", "y"]`
	case *Day:
		return []config.Kind{config.Date}, "a date without quotes, such as 2027-01-31"
	case *choiceValue:
		return []config.Kind{config.Text}, "one of " + quoted(to.choices)
	}
	return []config.Kind{config.Text}, `a text, such as "x"`
}

func quoted(words []string) string {
	var all []string
	for _, word := range words {
		all = append(all, fmt.Sprintf("%q", word))
	}
	return strings.Join(all, ", ")
}

// set sets the flag to a value of a configuration file.
func (f flag) set(set *pflag.FlagSet, value *config.Value) error {
	kinds, word := f.kinds()
	if !slices.Contains(kinds, value.Kind) {
		return fmt.Errorf("this is %s: write %s", value.Kind, word)
	}
	if _, bad := value.Texts(); bad != nil {
		return fmt.Errorf("the list has %s: write %s", bad.Kind, word)
	}
	for _, text := range f.words(value) {
		if err := set.Set(f.name, text); err != nil {
			return withoutFlag(err)
		}
	}
	if text := set.Lookup(f.name).Value.String(); f.isMeasure() && strings.HasPrefix(text, "-") {
		return fmt.Errorf("%s is negative: write %s", text, word)
	}
	return nil
}

// isMeasure is whether the value is a number or time.
func (f flag) isMeasure() bool {
	switch f.to.(type) {
	case *int, *time.Duration:
		return true
	}
	return false
}

// words returns the values that a command line has instead of one of a configuration file.
func (f flag) words(value *config.Value) []string {
	if value.Kind != config.List {
		return []string{value.Text}
	}
	texts, _ := value.Texts()
	if to, ok := f.to.(joined); ok {
		return []string{strings.Join(texts, to.separator())}
	}
	return texts
}

// withoutFlag returns the part of an error of pflag that is about the value.
func withoutFlag(err error) error {
	if invalid, ok := err.(*pflag.InvalidValueError); ok { //nolint:errorlint // as pflag returns it
		if cause := invalid.Unwrap(); cause != nil {
			return fmt.Errorf("%q: %w", invalid.GetValue(), cause)
		}
	}
	return err
}
