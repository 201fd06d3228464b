package split

import (
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/pool"
)

func TestUnseen(t *testing.T) {
	for name, test := range map[string]struct {
		command []string
		binary  int
		wrong   bool
	}{
		"under a program of -exec":           {[]string{"wrapper", "a.test"}, 1, true},
		"under one, where they are listed":   {[]string{"wrapper", "a.test", "-test.list=."}, 1, false},
		"by itself":                          {[]string{"a.test"}, 0, false},
		"by itself, with arguments after it": {[]string{"a.test", "-test.v=test2json", "x"}, 0, false},
	} {
		b := Binary{Task: pool.Task{Command: test.command, Binary: test.binary}}
		if why := unseen(b); (why != "") != test.wrong {
			t.Errorf("%s: %q", name, why)
		}
	}
}
