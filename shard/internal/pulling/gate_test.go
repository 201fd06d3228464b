package pulling

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Tests of different units keep to what tests of one run keep to.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(map[string]int{"db": 2, "port": 1})
		var all, alone, db, port atomic.Int32
		var running sync.WaitGroup
		for i := range 60 {
			running.Go(func() {
				var names []string
				if i%2 == 0 {
					names = append(names, "port")
				}
				if i%3 == 0 {
					names = append(names, "db", "db")
				}
				release, ok := g.wait(t.Context(), names, i%5 == 0)
				if !ok {
					t.Error("the gate is not open")
				}
				count := func(n *atomic.Int32, counts bool, most int32) {
					if counts && n.Add(1) > most {
						t.Errorf("more than %d at the same time", most)
					}
				}
				count(&alone, i%5 == 0, 1)
				count(&port, i%2 == 0, 1)
				count(&db, i%3 == 0, 2)
				if n := all.Add(1); i%5 == 0 && n > 1 {
					t.Error("one that runs alone has company")
				}
				time.Sleep(time.Second)
				if n := all.Add(-1); i%5 == 0 && n > 0 {
					t.Error("one that runs alone got company")
				}
				if i%5 == 0 {
					alone.Add(-1)
				}
				if i%2 == 0 {
					port.Add(-1)
				}
				if i%3 == 0 {
					db.Add(-1)
				}
				release()
			})
		}
		running.Wait()
		if release, ok := g.wait(t.Context(), []string{"db", "port", "other"}, true); !ok {
			t.Error("something was not released")
		} else {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, ok := g.wait(ctx, []string{"db"}, false); ok {
				t.Error("the gate is open while one runs alone")
			}
			release()
		}
		if _, ok := g.wait(t.Context(), []string{"db", "port"}, true); !ok {
			t.Error("a wait that ended holds something")
		}
	})
}
