package queue_test

import (
	"testing"
	"testing/synctest"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
	"github.com/gotestshard/gotestshard/shard/internal/queue/queuetest"
)

// A queue in memory does what one of a server does.
func TestMemory(t *testing.T) {
	queuetest.Run(t, queuetest.Subject{
		LeaseTime: queue.LeaseTime,
		Build:     func(*testing.T) func() queue.Queue { return queue.NewMemory().Node },
		Within:    func(t *testing.T, test func(t *testing.T)) { synctest.Test(t, test) },
	})
}
