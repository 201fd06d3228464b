package end

import "testing"

func TestGood(t *testing.T) {}
func TestBad(t *testing.T)  { t.Error("bad") }
