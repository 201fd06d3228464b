package page

import "io"

// WriteTrace writes.
func (r Run) WriteTrace(io.Writer) error { return nil }

// WriteSVG writes.
func (r Run) WriteSVG(io.Writer) error { return nil }
