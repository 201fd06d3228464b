//go:build !noqueueserver

package queueserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
)

// Server is a server that runs. Close ends it.
type Server struct {
	nats     *server.Server
	accounts *accounts
	lock     *flock.Flock
	scheme   string
	broken   <-chan struct{} // closed once something could not be stored
}

// startTime is how long a server may take until it can be reached. It reads what it stored first.
const startTime = 30 * time.Second

// Start starts a server.
func Start(config Config) (*Server, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	options, err := config.options()
	if err != nil {
		return nil, err
	}
	lock, err := lockStore(config.Store)
	if err != nil {
		return nil, err
	}
	s := &Server{lock: lock, accounts: newAccounts(config), scheme: "nats"}
	if config.TLS != nil {
		s.scheme = "tls"
	}
	if err := s.start(config, options); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

// start starts NATS with these options.
func (s *Server) start(config Config, options *server.Options) (err error) {
	options.CustomClientAuthentication = s.accounts
	if s.nats, err = server.NewServer(options); err != nil {
		return fmt.Errorf("starting the server for queues: %w", err)
	}
	log := newLogger()
	s.broken = log.broken
	s.nats.SetLoggerV2(log, false, false, false)
	s.accounts.server = s.nats
	s.nats.Start()
	if !s.ready(log) || !s.nats.JetStreamEnabled() {
		s.nats.Shutdown()
		return fmt.Errorf("starting the server for queues at %s: %s", config.Listen, cmp.Or(log.problems(), "it was not ready after "+startTime.String()))
	}
	log.begin(config.Log)
	return nil
}

// ready waits until the server can be reached, and returns false if it cannot.
func (s *Server) ready(log *logger) bool {
	for end := time.Now().Add(startTime); time.Now().Before(end) && !log.fatal.Load(); {
		if s.nats.ReadyForConnections(startTime / 100) {
			return true
		}
	}
	return false
}

// options returns those of NATS.
func (c Config) options() (*server.Options, error) {
	host, port, err := splitAddress(c.Listen)
	if err != nil {
		return nil, err
	}
	options := &server.Options{
		ServerName: "gotestshard", Host: host, Port: port, TLSConfig: c.TLS, TLS: c.TLS != nil, TLSTimeout: 10, AuthTimeout: 10,
		NoSigs: true, NoSystemAccount: false,
		MaxPayload: maxPayload, MaxPending: 8 * maxPayload, MaxControlLine: 4096, MaxConn: 10_000, MaxSubs: 10_000,
		PingInterval: 30 * time.Second, MaxPingsOut: 2, WriteDeadline: 10 * time.Second,
		JetStream: true, StoreDir: c.Store, JetStreamMaxStore: c.MaxStore, JetStreamMaxMemory: 64 << 20,
		SyncAlways: true, // what was confirmed is there after a power failure
	}
	if port == 0 {
		options.Port = server.RANDOM_PORT
	}
	if c.WebSocket != "" {
		host, port, err := splitAddress(c.WebSocket)
		if err != nil {
			return nil, err
		}
		if port == 0 {
			port = server.RANDOM_PORT
		}
		options.Websocket = server.WebsocketOpts{Host: host, Port: port, TLSConfig: c.TLS, NoTLS: c.TLS == nil, SameOrigin: true, HandshakeTimeout: 10 * time.Second}
	}
	return options, nil
}

// lockStore makes the folder of a server, and takes it. NATS would let two servers write there.
func lockStore(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the server for queues: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("locking the folder of the server for queues: %w", err)
	case !ok:
		return nil, fmt.Errorf("another server for queues stores into %s; end it, or name another folder with --store DIR", dir)
	}
	return lock, nil
}

// URL returns the address for nodes on this machine.
func (s *Server) URL() string {
	return s.scheme + "://" + s.nats.Addr().String()
}

// WebSocketURL returns the address for WebSocket, if the server listens there.
func (s *Server) WebSocketURL() string { return s.nats.WebsocketURL() }

// errNoRoom means that the server must start again.
var errNoRoom = errors.New("the server for queues ended, because it could not store something: is the disk full? " +
	"What it confirmed is stored; start it again when there is room")

// Wait waits until the context ends, and does what is due meanwhile. It returns an error if the
// server cannot go on.
func (s *Server) Wait(ctx context.Context) error {
	check, sweep := time.NewTicker(time.Second), time.NewTicker(time.Hour)
	defer check.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.broken:
			return errNoRoom
		case <-check.C:
			if !s.nats.Running() || !s.nats.JetStreamEnabled() {
				return errNoRoom
			}
			if err := s.accounts.share(); err != nil {
				return fmt.Errorf("sharing the room of --max-store: %w", err)
			}
		case <-sweep.C:
			s.accounts.removeOld()
		}
	}
}

// Close ends the server. What it stored is kept.
func (s *Server) Close() error {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	return s.lock.Close()
}
