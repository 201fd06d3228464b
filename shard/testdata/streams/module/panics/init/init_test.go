package init

import "testing"

func init() { panic("in init") }

func TestNeverRuns(t *testing.T) {}
