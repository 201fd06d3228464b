//go:build !noqueueserver

package queueserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
)

// accounts are those of the builds. They decide who may connect (server.Authentication).
type accounts struct {
	server *server.Server
	secret string
	store  string // the folder that has one folder per account
	room   int64  // how many bytes all builds together may store
	now    func() time.Time
	log    func(line string)

	mu   sync.Mutex
	seen map[string]time.Time // when a node last connected, by account
	full map[string]bool      // the accounts that may not store more
}

// accountPrefix begins the names of accounts, and of their folders.
const accountPrefix = "build-"

func newAccounts(config Config) *accounts {
	a := &accounts{
		secret: config.Secret, store: filepath.Join(config.Store, server.JetStreamStoreDir),
		now: config.now, log: config.Log, room: config.MaxStore, seen: map[string]time.Time{}, full: map[string]bool{},
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.log == nil {
		a.log = func(string) {}
	}
	a.removeOld()
	return a
}

// Check decides whether a connection is let in, and puts it into the account of its build.
func (a *accounts) Check(client server.ClientAuthentication) bool {
	build, expires, ok := a.authorize(client.GetOpts().Token, client.GetOpts().Name)
	if !ok {
		return false
	}
	account, err := a.account(build)
	if err != nil {
		a.log("letting a node of a build in: " + err.Error())
		return false
	}
	client.RegisterUser(&server.User{Username: build, Account: account, ConnectionDeadline: expires})
	return true
}

// authorize returns the build that a token and the name of a connection are for. The time is zero
// if the token does not expire.
func (a *accounts) authorize(token, name string) (build string, expires time.Time, ok bool) {
	build, ok = jetstream.BuildOf(name)
	if !ok || a.secret == "" || equal(token, a.secret) {
		return build, time.Time{}, ok
	}
	// A node that has the token of another build would find an empty queue.
	of, expires, ok := jetstream.ReadBuildToken(a.secret, token)
	return build, expires, ok && of == build && a.now().Before(expires)
}

// equal compares secrets in a time that does not depend on what they have in common, nor on how
// long they are.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// account returns the account of a build. What an earlier server stored for it is read again.
func (a *accounts) account(build string) (*server.Account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := accountPrefix + build
	account, _ := a.server.LookupOrRegisterAccount(name)
	if !account.JetStreamEnabled() {
		if err := account.EnableJetStream(limits(a.full[name]), nil); err != nil {
			return nil, err
		}
	}
	a.seen[name] = a.now()
	return account, nil
}

// removeOld removes what builds stored that no node has asked about for a long time.
func (a *accounts) removeOld() {
	entries, err := os.ReadDir(a.store)
	if err != nil {
		return // there is nothing yet
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), accountPrefix) || entry.Name() == accountPrefix+jetstream.TimingsName() {
			continue // the durations in it have an age each
		}
		if err := a.removeIfOld(entry.Name()); err != nil {
			a.log("removing what an old build stored: " + err.Error())
		}
	}
}

// removeIfOld removes what one build stored.
func (a *accounts) removeIfOld(name string) error {
	dir := filepath.Join(a.store, name)
	last, ok := a.seen[name]
	if !ok { // not since this server started
		last = newest(dir)
	}
	if a.now().Sub(last) < keepBuilds {
		return nil
	}
	if a.server != nil {
		if account, err := a.server.LookupAccount(name); err == nil {
			if account.NumConnections() > 0 {
				return nil
			}
			if account.JetStreamEnabled() {
				if err := account.DisableJetStream(); err != nil {
					return err
				}
			}
		}
	}
	delete(a.seen, name)
	delete(a.full, name)
	return os.RemoveAll(dir)
}

// newest returns when a file in a folder was last written.
func newest(dir string) (last time.Time) {
	_ = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what is gone is not newer
		}
		if info, err := entry.Info(); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
		return nil
	})
	return last
}
