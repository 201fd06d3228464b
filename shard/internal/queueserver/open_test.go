//go:build !noqueueserver

package queueserver

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/gotestshard/gotestshard/shard/internal/jetstream"
)

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
			config.CA, config.Attempt = c.ca, 5*time.Second
			if c.want == "check the address" {
				config.OpenPatience = 100 * time.Millisecond
			}
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

// The rights that docs/queue.md lists are enough, on a server that is not gotestshard's.
func TestRights(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/queue.md")
	check(t, err)
	_, text, _ = bytes.Cut(text, []byte("    publish "))
	publish, rest, _ := bytes.Cut(text, []byte("subscribe "))
	subscribe, _, _ := bytes.Cut(rest, []byte("\n"))
	rights := func(text []byte) *server.SubjectPermission {
		return &server.SubjectPermission{Allow: strings.Fields(regexp.MustCompile(`\bB\b`).ReplaceAllString(string(text), jetstream.Name("1")))}
	}
	url := natsServer(t, &server.Options{JetStream: true, StoreDir: t.TempDir(), Users: []*server.User{{
		Username: "u", Password: "p", Permissions: &server.Permissions{Publish: rights(publish), Subscribe: rights(subscribe)},
	}}})
	q := closing(t, open(t, quick(strings.Replace(url, "//", "//u:p@", 1), "1", "")))
	units := begin(t, q, "a", 3)
	lease, err := q.Take(t.Context())
	check(t, err)
	check(t, lease.Renew(t.Context()))
	check(t, lease.Return(t.Context()))
	check(t, drain(t, q, "a", units))
	complete(t, q, units)
	_, err = q.Attempts(t.Context(), units[0])
	check(t, err)
	_, _, err = q.Counts(t.Context())
	check(t, err)
	shared := timings(t, quick(strings.Replace(url, "//", "//u:p@", 1), "1", ""))
	for range 2 {
		check(t, shared.Save(t.Context(), []string{"a", "b"}, func([]byte) ([]byte, error) { return []byte("x"), nil }))
	}
	_, err = shared.Load(t.Context(), "a", "b")
	check(t, err)
}
