package option

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/format/plain"
)

// choiceValue is one of a few words.
type choiceValue struct {
	to      *string
	kind    string
	choices []string
}

// choice is a value that is one of a few words and goes to a text.
func choice(to *string, kind string, choices ...string) *choiceValue {
	return &choiceValue{to, kind, choices}
}

func (v *choiceValue) String() string { return *v.to }
func (v *choiceValue) Type() string   { return v.kind }

func (v *choiceValue) Set(text string) error {
	if !slices.Contains(v.choices, text) {
		return fmt.Errorf("%swrite one of %s", plain.Suggest(text, v.choices), strings.Join(v.choices, ", "))
	}
	*v.to = text
	return nil
}

// fieldsValue is a list that is split at white space.
type fieldsValue []string

func (v *fieldsValue) String() string { return strings.Join(*v, " ") }
func (v *fieldsValue) Type() string   { return "list" }

func (v *fieldsValue) separator() string { return " " }

func (v *fieldsValue) Set(text string) error {
	*v = append(*v, strings.Fields(text)...)
	return nil
}
