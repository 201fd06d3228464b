package missing

import (
	"testing"

	_ "example.com/streams/nowhere"
)

func TestMissing(t *testing.T) {}
