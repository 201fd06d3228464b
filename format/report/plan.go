package report

import "io"

// Plan is what would run where.
type Plan struct{}

// WriteText writes the plan for a person.
func (p Plan) WriteText(out io.Writer) error { return nil }

// WriteJSON writes the plan for a machine.
func (p Plan) WriteJSON(out io.Writer) error { return nil }
