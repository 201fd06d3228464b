package shard

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How far garbage may grow. A stream makes garbage of every event and keeps next to
// nothing: Go's default collects every 4 MB, which costs a tenth of the time. So a
// small heap may grow to five times what is alive, up to roomForGarbage, and from there
// on to one and a quarter of what is alive. A limit that stays the same would make the
// collector run without end once more than that is alive.
const (
	mostGarbage    = 400 // percent of what is alive
	leastGarbage   = 25
	roomForGarbage = 96 << 20 // bytes, garbage and what is alive
)

// boundGarbage sets after each collection when the next one is. What the user says with
// GOGC or GOMEMLIMIT stands.
func boundGarbage() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(mostGarbage)
	atCollection(&collected{percent: mostGarbage})
}

// collected is garbage of which the runtime says when it is collected.
type collected struct {
	percent int
	_       *int // so that it shares its block with no object that lives longer
}

func atCollection(c *collected) {
	runtime.SetFinalizer(c, func(c *collected) {
		alive := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(alive)
		if percent := garbagePercent(alive[0].Value.Uint64()); percent != c.percent {
			c.percent = percent
			debug.SetGCPercent(percent)
		}
		atCollection(c)
	})
}

// garbagePercent is how much garbage there may be, in percent of what is alive, in bytes.
func garbagePercent(alive uint64) int {
	if alive == 0 {
		return mostGarbage
	}
	room := (roomForGarbage - int64(alive)) * 100 / int64(alive)
	return int(max(leastGarbage, min(mostGarbage, room/10*10)))
}
