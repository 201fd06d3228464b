package sub

import (
	"errors"
	"testing"
)

func TestSub(t *testing.T) {
	t.Run("good", func(t *testing.T) {})
	t.Run("panics", func(t *testing.T) { panic(errors.New("in a subtest")) })
}
