package cycle

import "testing"

func TestCycle(t *testing.T) {}
