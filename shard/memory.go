package shard

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// The limits of garbage. Each event of a stream becomes garbage, and little memory stays in
// use. Go collects garbage every 4 MB by default, which takes a tenth of the time. So a small
// heap may grow to five times the live memory, up to roomForGarbage, and a larger heap to one
// and a quarter of the live memory. With a fixed limit, the collector would run all the time
// if the live memory exceeded it.
const (
	mostGarbage    = 400 // percent of the live memory
	leastGarbage   = 25
	roomForGarbage = 64 << 20 // bytes, including the live memory
)

// boundGarbage sets after each collection when the next one starts. If the user has set GOGC
// or GOMEMLIMIT, it does nothing. Only the first call in a process has an effect.
var boundGarbage = sync.OnceFunc(func() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(mostGarbage)
	atCollection(&collected{percent: mostGarbage})
})

// collected becomes garbage at once. The runtime calls its finalizer when it is collected.
type collected struct {
	percent int
	_       *int // so that it does not share its block with an object that lives longer
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

// garbagePercent is the limit of garbage in percent of the live memory. alive is in bytes.
func garbagePercent(alive uint64) int {
	if alive == 0 {
		return mostGarbage
	}
	room := (roomForGarbage - int64(alive)) * 100 / int64(alive)
	return int(max(leastGarbage, min(mostGarbage, room/10*10)))
}
