// Package queueserver is a server for queues of package jetstream: NATS with JetStream, in this
// process. Nothing else links that server. The build tag noqueueserver leaves it out.
//
// Each build has an account of its own in the server: its own subjects and its own streams. So a
// connection of one build can neither read nor write anything of another, whatever it sends.
package queueserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Config is how a server runs.
type Config struct {
	Listen    string // host:port; port 0 is any that is free
	WebSocket string // host:port for WebSocket, empty for none
	Store     string // the folder of what it keeps; no other server may use it
	Secret    string // the token that may do everything, empty for none
	MaxStore  int64  // how many bytes all builds together may store
	TLS       *tls.Config
	// Log gets a line for each thing that is wrong.
	Log func(line string)

	now func() time.Time // nil for time.Now
}

// Limits of a server.
const (
	// ShortestSecret is how many characters the secret has at least. The token of a build shows
	// whether a guess at the secret is right.
	ShortestSecret = 16
	// maxPayload is the largest message: a plan.
	maxPayload = 8 << 20
	// keepBuilds is for how long what a build stored is kept after its last connection.
	keepBuilds = 8 * 24 * time.Hour
)

// ErrLeftOut means that this gotestshard was built without the server.
var ErrLeftOut = errors.New("this gotestshard was built without the server for queues (with the build tag noqueueserver); " +
	"use another one, or a server of NATS 2.11 or newer: nats-server -js")

// check refuses a server that strangers could use.
func (c Config) check() error {
	for _, address := range []string{c.Listen, c.WebSocket} {
		if address == "" {
			continue
		}
		if _, _, err := splitAddress(address); err != nil {
			return err
		}
	}
	if c.Secret != "" {
		if len(c.Secret) < ShortestSecret {
			return fmt.Errorf("the token has %d characters; use at least %d, such as openssl rand -hex 32 prints", len(c.Secret), ShortestSecret)
		}
		return nil
	}
	for _, address := range []string{c.Listen, c.WebSocket} {
		if address != "" && !isLoopback(address) {
			return fmt.Errorf("other machines can reach a server at %s, and without a token each of them could read and write results; "+
				"add --token-file FILE, or listen on this machine only: --listen 127.0.0.1:4222", address)
		}
	}
	return nil
}

// splitAddress splits host:port. Without a host it is every address of the machine.
func splitAddress(text string) (host string, port int, err error) {
	host, number, err := net.SplitHostPort(text)
	if err == nil {
		port, err = strconv.Atoi(number)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q is not an address to listen on; write host:port, as in 127.0.0.1:4222, or :4222 for all addresses of this machine", text)
	}
	return host, port, nil
}

// isLoopback reports whether only this machine reaches an address. A name counts as others, since
// what it stands for may change.
func isLoopback(address string) bool {
	host, _, err := splitAddress(address)
	ip := net.ParseIP(host)
	return err == nil && (ip != nil && ip.IsLoopback() || host == "localhost")
}
