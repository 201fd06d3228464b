package pulling

import (
	"errors"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/plan"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// A node without results says that others had all only if that is why.
func TestANodeWithoutResults(t *testing.T) {
	full := errors.New("the queue has no room")
	for _, c := range []struct {
		err  error
		says string
	}{
		{nil, "gotestshard: a ran nothing: other nodes had all that there was\n"},
		{full, ""},
	} {
		var said strings.Builder
		n := &node{name: "a", stderr: &said, plan: queue.Plan{Units: []plan.Part{{}}}}
		if err := n.report(c.err); !errors.Is(err, c.err) || said.String() != c.says {
			t.Errorf("after %v: %v, %q", c.err, err, said.String())
		}
	}
}
