//go:build !noqueueserver

package queueserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
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

// Each server that cannot be used has an error that says what to do.
func TestOpenErrors(t *testing.T) {
	t.Parallel()
	s := testServer(t, nil)
	ca, config := certificate(t)
	encrypted := testServer(t, func(c *Config) { c.TLS, c.WebSocket = config, "127.0.0.1:0" })
	without := natsServer(t, &server.Options{})
	limited := natsServer(t, &server.Options{JetStream: true, StoreDir: t.TempDir(), Users: []*server.User{{
		Username: "u", Password: "p",
		Permissions: &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{"$JS.API.INFO"}}},
	}}})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(without, "nats://"))
	for what, c := range map[string]struct{ url, token, ca, want string }{
		"not there":               {"nats://127.0.0.1:1", "", "", "check the address"},
		"a wrong token":           {s.URL(), "wrong", "", "does not take the token"},
		"no token":                {s.URL(), "", "", "there is none"},
		"no JetStream":            {without, "", "", "nats-server -js"},
		"too old":                 {oldServer(t), "", "", "2.11 or newer"},
		"not encrypted":           {"tls://127.0.0.1:" + port, "", "", "in place of tls://"},
		"an unknown certificate":  {encrypted.URL(), secret, "", "--queue-ca"},
		"a certificate":           {encrypted.URL(), secret, ca, ""},
		"WebSocket, encrypted":    {encrypted.WebSocketURL(), secret, ca, ""},
		"WebSocket, wrong token":  {encrypted.WebSocketURL(), "wrong", ca, "does not take the token"},
		"rights that are missing": {strings.Replace(limited, "//", "//u:p@", 1), "", "", "lists the rights"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			config := quick(c.url, "1", c.token)
			config.CA, config.OpenPatience, config.Attempt = c.ca, 100*time.Millisecond, 5*time.Second
			q, err := jetstream.Open(t.Context(), config)
			if err == nil {
				made, _ := build("a", 1)
				err = storePlan(t, q, made)
				check(t, q.Close())
			}
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "--partition")):
				t.Errorf("the error is %v", err)
			case err != nil && strings.Contains(err.Error(), secret):
				t.Errorf("the error has the secret: %v", err)
			}
		})
	}
}

// natsServer starts a server that is not gotestshard's, and returns its address.
func natsServer(t *testing.T, options *server.Options) string {
	t.Helper()
	options.Host, options.Port, options.NoSigs, options.NoLog = "127.0.0.1", server.RANDOM_PORT, true, true
	s, err := server.NewServer(options)
	check(t, err)
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s.ClientURL()
}

// oldServer is a server that says to be an old version.
func oldServer(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("INFO {\"version\":\"2.10.29\",\"max_payload\":1048576}\r\n"))
			buf := make([]byte, 1024)
			for n := 1; n > 0; n, _ = conn.Read(buf) {
				if strings.Contains(string(buf), "PING") {
					_, _ = conn.Write([]byte("PONG\r\n"))
				}
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	return "nats://" + listener.Addr().String()
}

// certificate returns the file of an authority and the configuration of a server.
func certificate(t *testing.T) (file string, config *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(t, err)
	file = filepath.Join(t.TempDir(), "ca.pem")
	check(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return file, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// A server that strangers could use does not start.
func TestStartErrors(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		config Config
		want   string
	}{
		"no token":            {Config{Listen: ":0"}, "--token-file"},
		"no token, by name":   {Config{Listen: "example.com:0"}, "--token-file"},
		"no token, WebSocket": {Config{Listen: "127.0.0.1:0", WebSocket: "0.0.0.0:0"}, "--token-file"},
		"a short token":       {Config{Listen: ":0", Secret: "short"}, "at least 16"},
		"a bad address":       {Config{Listen: "127.0.0.1"}, "host:port"},
		"a bad port":          {Config{Listen: "127.0.0.1:99999"}, "host:port"},
	} {
		c.config.Store = t.TempDir()
		if s, err := Start(c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v %v", what, s, err)
		}
	}
	s := testServer(t, nil)
	store := filepath.Dir(s.lock.Path())
	if _, err := Start(Config{Listen: "127.0.0.1:0", Store: store}); err == nil || !strings.Contains(err.Error(), "--store") {
		t.Errorf("two servers in one folder: %v", err)
	}
	if _, err := Start(Config{Listen: strings.TrimPrefix(s.URL(), "nats://"), Store: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("two servers at one address: %v", err)
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
	if _, stored, err := again.Stored(context.Background()); err != nil || stored {
		t.Errorf("the plan of the old build: %v, %v", stored, err)
	}
	check(t, storePlan(t, again, made))
}
