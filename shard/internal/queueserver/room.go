//go:build !noqueueserver

package queueserver

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
)

// limits returns those of an account, with or without room to store more. Room that an account or a
// stream asks for is taken from all others, used or not, so none has any: a size of 1 is the least
// that is a limit.
func limits(full bool) map[string]server.JetStreamAccountLimits {
	store := int64(-1)
	if full {
		store = 1
	}
	return map[string]server.JetStreamAccountLimits{"": {
		MaxMemory: 0, MaxStore: store, MaxStreams: 8, MaxConsumers: 64, MaxAckPending: -1, MemoryMaxStreamBytes: -1, StoreMaxStreamBytes: 1,
	}}
}

// share keeps a build from filling the server: one that stores more than what is left for all may not
// store more until that changes. So there is always some room for another one.
func (a *accounts) share() (err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	used, left := map[*server.Account]int64{}, a.room
	for name := range a.seen {
		if account, err := a.server.LookupAccount(name); err == nil {
			used[account] = int64(account.JetStreamUsage().Store)
			left -= used[account]
		}
	}
	for account, bytes := range used {
		full := bytes > left
		if full == a.full[account.Name] {
			continue
		}
		a.full[account.Name] = full
		err = errors.Join(err, account.UpdateJetStreamLimits(limits(full)))
		if full {
			a.log(fmt.Sprintf("%s stores %d MB, and there are %d MB left for all builds, so it cannot store more now; --max-store gives more room",
				account.Name, bytes>>20, max(left, 0)>>20))
		}
	}
	return err
}
