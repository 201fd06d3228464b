package skip

import "testing"

func TestSkip(t *testing.T) { t.Skip("there is no database") }

func TestSkipNow(t *testing.T) { t.SkipNow() }

func TestSome(t *testing.T) {
	t.Run("skipped", func(t *testing.T) {
		t.Log("first\nand second line")
		t.Skipf("because of %q", "quotes")
	})
	t.Run("not", func(t *testing.T) {})
}
