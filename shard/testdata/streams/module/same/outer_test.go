package same_test

import "testing"

func TestOuter(t *testing.T) { t.Run("sub", func(t *testing.T) { t.Error("outer") }) }
