//go:build !noqueueserver

package queueserver

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// Which tokens are good for a connection of build 1.
func TestTokens(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	good := jetstream.BuildToken(secret, "1", now.Add(time.Hour))
	name := jetstream.ConnectionName("1")
	for what, c := range map[string]struct {
		secret, token, name string
		ok                  bool
	}{
		"the secret":                        {secret, secret, name, true},
		"that of the build":                 {secret, good, name, true},
		"none":                              {secret, "", name, false},
		"another secret":                    {secret, secret + "x", name, false},
		"that of another build":             {secret, jetstream.BuildToken(secret, "2", now.Add(time.Hour)), name, false},
		"that of another server":            {secret, jetstream.BuildToken(secret+"x", "1", now.Add(time.Hour)), name, false},
		"one that has expired":              {secret, jetstream.BuildToken(secret, "1", now), name, false},
		"one with another end":              {secret, strings.Replace(good, ".18", ".19", 1), name, false},
		"one with a changed signature":      {secret, good[:len(good)-1] + "!", name, false},
		"one without a signature":           {secret, good[:strings.LastIndexByte(good, '.')+1], name, false},
		"another client":                    {secret, secret, "nats cli", false},
		"a name that is no digest":          {secret, secret, "gotestshard.../etc", false},
		"a name with a wildcard":            {secret, secret, "gotestshard." + strings.Repeat(">", 32), false},
		"a name in capitals":                {secret, secret, "gotestshard." + strings.ToUpper(jetstream.Name("1")), false},
		"none for a server without secret":  {"", "", name, true},
		"any for a server without secret":   {"", "x", name, true},
		"another client without any secret": {"", "", "nats cli", false},
	} {
		a := newAccounts(Config{Secret: c.secret, now: func() time.Time { return now }})
		build, expires, ok := a.authorize(c.token, c.name)
		if ok != c.ok || ok && build != jetstream.Name("1") || ok && (c.token == good) == expires.IsZero() {
			t.Errorf("%s: %v, build %q until %s", what, ok, build, expires)
		}
	}
}

// With the token of one build, nothing of another can be read or written, whatever is sent.
func TestBuildsAreApart(t *testing.T) {
	t.Parallel()
	s := testServer(t, nil)
	victim := open(t, quick(s.URL(), "victim", secret))
	defer func() { _ = victim.Close() }()
	made, units := build("v", 2)
	check(t, storePlan(t, victim, made))
	check(t, victim.Offer(t.Context(), units))
	check(t, victim.Write(t.Context(), units[0], "first", 0, []byte("a secret of the victim")))

	token := jetstream.BuildToken(secret, "attacker", time.Now().Add(time.Hour))
	own := open(t, quick(s.URL(), "attacker", token)) // so that the attacker has streams
	defer func() { _ = own.Close() }()
	check(t, storePlan(t, own, made))
	if _, err := jetstream.Open(t.Context(), quick(s.URL(), "victim", token)); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("the token of another build opens a queue: %v", err)
	}
	conn, err := nats.Connect(s.URL(), nats.Token(token), nats.Name(jetstream.ConnectionName("attacker")))
	check(t, err)
	defer conn.Close()
	heard, err := conn.SubscribeSync(">")
	check(t, err)
	attack(t, conn, jetstream.Name("victim"), units)

	_, err = victim.Finish(t.Context(), queue.Record{Unit: units[1], Attempt: "second", Node: "v"})
	check(t, err)
	records, err := victim.Records(t.Context())
	if check(t, err); len(records) != 1 || records[units[1]].Node != "v" {
		t.Errorf("the victim has the records %+v", records)
	}
	if chunk, err := victim.Read(t.Context(), units[0], "first", 0); err != nil || string(chunk) != "a secret of the victim" {
		t.Errorf("the victim has the chunk %q, %v", chunk, err)
	}
	if waiting, leased, err := victim.Counts(t.Context()); err != nil || waiting != 2 || leased != 0 {
		t.Errorf("of the victim's units %d wait and %d are leased, %v", waiting, leased, err)
	}
	for {
		msg, err := heard.NextMsg(50 * time.Millisecond)
		if err != nil {
			break
		}
		if strings.Contains(string(msg.Data), "secret of the victim") || strings.Contains(string(msg.Data), `"node":"v"`) {
			t.Errorf("the attacker heard %s: %s", msg.Subject, msg.Data)
		}
	}
}

// attack sends what a program with the token of one build could try against another.
func attack(t *testing.T, conn *nats.Conn, victim string, units []string) {
	t.Helper()
	record := []byte(`{"unit":"` + units[0] + `","attempt":"x","node":"attacker","status":"ran"}`)
	done := "gts.done." + victim + "." + units[0]
	for _, c := range []struct{ subject, reply, data string }{
		{done, "", string(record)},
		{"gts.ev." + victim + "." + units[0] + ".Zmlyc3Q.0", "", "overwritten"},
		{"$KV.gts_plan." + victim, "", "overwritten"},
		{"$JS.API.STREAM.PURGE.GTS_WORK", "", ""},
		{"$JS.API.STREAM.DELETE.GTS_DONE", "", ""},
		{"$JS.API.CONSUMER.DELETE.GTS_WORK." + victim, "", ""},
		// The server sends the answer to the subject that the attacker names.
		{"$JS.API.DIRECT.GET.GTS_EVENTS.gts.ev." + victim + "." + units[0] + ".Zmlyc3Q.0", done, ""},
		{"$JS.API.CONSUMER.MSG.NEXT.GTS_WORK." + victim, done, `{"batch":1}`},
		{"$JS.API.INFO", done, ""},
		// It delivers to the subject that the attacker names.
		{"$JS.API.CONSUMER.CREATE.GTS_WORK", "", `{"stream_name":"GTS_WORK","config":{"deliver_subject":"` + done + `","ack_policy":"none","deliver_policy":"all"}}`},
		{"$JS.API.STREAM.CREATE.MINE", "", `{"name":"MINE","subjects":["gts.done.` + victim + `.*"],"republish":{"src":">","dest":"gts.ev.` + victim + `.>"}}`},
		{"$SYS.REQ.SERVER.PING.JSZ", "", ""},
		{"$SYS.REQ.ACCOUNT.build-" + victim + ".CONNZ", "", ""},
	} {
		if c.reply != "" {
			check(t, conn.PublishRequest(c.subject, c.reply, []byte(c.data)))
			continue
		}
		// It may be refused, or not be answered. What it does to the victim counts.
		_, _ = conn.Request(c.subject, []byte(c.data), 20*time.Millisecond)
	}
	check(t, conn.Flush())
}

// A build cannot fill the server, nor reserve it: others still have room.
func TestABuildLeavesRoom(t *testing.T) {
	t.Parallel()
	s := testServer(t, func(c *Config) { c.MaxStore = 16 << 20 })
	share := func() { check(t, s.accounts.share()) }
	made, units := build("a", 1)
	token := jetstream.BuildToken(secret, "greedy", time.Now().Add(time.Hour))
	greedy := closing(t, open(t, quick(s.URL(), "greedy", token)))
	check(t, storePlan(t, greedy, made))
	conn, err := nats.Connect(s.URL(), nats.Token(token), nats.Name(jetstream.ConnectionName("greedy")))
	check(t, err)
	defer conn.Close()
	answer, err := conn.Request("$JS.API.STREAM.CREATE.MINE", []byte(`{"name":"MINE","subjects":["mine"],"storage":"file","max_bytes":16777216}`), 10*time.Second)
	if check(t, err); !strings.Contains(string(answer.Data), "exceeds account limit max stream bytes") {
		t.Errorf("all room can be reserved: %s", answer.Data)
	}
	chunk := incompressible(queue.MostChunk)
	for n := range 17 { // more than half of it
		check(t, greedy.Write(t.Context(), units[0], "first", n, chunk))
	}
	share()
	err = greedy.Write(t.Context(), units[0], "first", 17, chunk)
	if !errors.Is(err, queue.ErrRefused) || !strings.Contains(err.Error(), "--max-store") {
		t.Errorf("a build that has more than is left stores more: %v", err)
	}
	other := closing(t, open(t, quick(s.URL(), "other", secret)))
	check(t, storePlan(t, other, made))
	for n := range 4 {
		share()
		check(t, other.Write(t.Context(), units[0], "first", n, chunk))
	}
	_, err = conn.Request("$JS.API.STREAM.PURGE.GTS_EVENTS", nil, 10*time.Second)
	check(t, err)
	share()
	check(t, greedy.Write(t.Context(), units[0], "first", 17, chunk))
}

func storePlan(t *testing.T, q queue.Queue, made queue.Plan) error {
	_, err := q.Plan(t.Context(), made)
	return err
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A token that expires ends the connection.
func TestTokenExpires(t *testing.T) {
	t.Parallel()
	s := testServer(t, nil)
	q := open(t, quick(s.URL(), "1", jetstream.BuildToken(secret, "1", time.Now().Add(2*time.Second))))
	defer func() { _ = q.Close() }()
	deadline := time.Now().Add(20 * time.Second)
	for {
		_, err := q.Records(t.Context())
		if err != nil {
			if !strings.Contains(err.Error(), "gotestshard queue token") || !strings.Contains(err.Error(), "--partition") || !errors.Is(err, queue.ErrRefused) {
				t.Errorf("the error is %v", err)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not end")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// What old builds stored is removed, and nothing of a build that is in use.
func TestOldBuilds(t *testing.T) {
	t.Parallel()
	var later atomic.Bool
	s := testServer(t, func(c *Config) {
		c.now = func() time.Time {
			if later.Load() {
				return time.Now().Add(keepBuilds + time.Hour)
			}
			return time.Now()
		}
	})
	used := open(t, quick(s.URL(), "used", secret))
	defer func() { _ = used.Close() }()
	left := open(t, quick(s.URL(), "left", secret))
	made, _ := build("a", 1)
	check(t, storePlan(t, used, made))
	check(t, storePlan(t, left, made))
	check(t, left.Close())
	folder := func(build string) string { return filepath.Join(s.accounts.store, accountPrefix+jetstream.Name(build)) }
	s.accounts.removeOld()
	for _, build := range []string{"used", "left"} {
		if _, err := os.Stat(folder(build)); err != nil {
			t.Error(err)
		}
	}
	later.Store(true)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // until the server noticed that it left
		s.accounts.removeOld()
		if _, err := os.Stat(folder("left")); os.IsNotExist(err) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("what the old build stored is still there")
		}
	}
	if _, stored, err := used.Stored(t.Context()); err != nil || !stored {
		t.Errorf("the plan of the build in use: %v, %v", stored, err)
	}
	again := open(t, quick(s.URL(), "left", secret))
	defer func() { _ = again.Close() }()
	if _, stored, err := again.Stored(t.Context()); err != nil || stored {
		t.Errorf("the plan of the old build: %v, %v", stored, err)
	}
	check(t, storePlan(t, again, made))
}
