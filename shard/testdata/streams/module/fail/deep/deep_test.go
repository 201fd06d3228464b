package deep

import "testing"

func TestOuter(t *testing.T) {
	t.Log("of the outer test")
	t.Run("good", func(t *testing.T) {})
	t.Run("bad", func(t *testing.T) {
		t.Run("one", func(t *testing.T) { t.Error("of one") })
		t.Run("two", func(t *testing.T) {})
	})
	t.Run("skipped", func(t *testing.T) { t.Skip("not today") })
}

func TestOuterOnly(t *testing.T) {
	t.Run("good", func(t *testing.T) { t.Log("of a subtest that passed") })
	t.Error("only the root failed")
}
