package same

import "testing"

func TestInner(t *testing.T) { t.Run("sub", func(t *testing.T) {}) }
