package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// Config is which build's queue on which server, and how to reach it.
type Config struct {
	URL   string // of the server, without secrets
	Build string // the name of the build
	Token string // empty for none
	Creds string // a file with the JWT and the key of a user, empty for none
	CA    string // a file with certificates to trust in place of the system's, empty for none

	// LeaseTime is how long a lease lasts, 0 for queue.LeaseTime.
	LeaseTime time.Duration
	// Patience is for how long a call tries to reach the server, 0 for two minutes: a server that
	// is moved to another machine is back by then. OpenPatience is for how long Open does, 0 for
	// ten seconds: a server that starts together with the nodes is there by then.
	Patience, OpenPatience time.Duration
	// Attempt is how long an attempt of a call may take, 0 for five seconds.
	Attempt time.Duration
	// Ping is after how long without an answer a connection is checked, 0 for ten seconds.
	Ping time.Duration
	// Wait is for how long Take waits for a unit, 0 for a second.
	Wait time.Duration
}

func (c Config) withDefaults() Config {
	c.LeaseTime = cmp.Or(c.LeaseTime, queue.LeaseTime)
	c.Patience = cmp.Or(c.Patience, 2*time.Minute)
	c.OpenPatience = cmp.Or(c.OpenPatience, 10*time.Second)
	c.Attempt = cmp.Or(c.Attempt, 5*time.Second)
	c.Ping = cmp.Or(c.Ping, 10*time.Second)
	c.Wait = cmp.Or(c.Wait, time.Second)
	return c
}

// Queue is the queue of a build on a server. It is a queue.Queue.
type Queue struct {
	config Config
	at     string // the URL, for messages
	name   subjects
	conn   *nats.Conn
	js     jetstream.JetStream

	life context.Context // ends when the queue is closed or cannot be used any more, which its cause says
	end  context.CancelCauseFunc

	drop   atomic.Pointer[context.CancelFunc] // ends link
	link   atomic.Pointer[context.Context]    // ends when the connection is lost, with answers that will not come
	making sync.Mutex                         // held to make the assets
	made   time.Time                          // when they were
	remade atomic.Uint64                      // how often
	plan   atomic.Pointer[knownPlan]          // nil if it is not known here

	records records
	leases  leases
	late    sync.WaitGroup // of what waits for answers that are not wanted any more
}

var _ queue.Queue = (*Queue)(nil)

// errClosed is why a queue ends that was closed.
var errClosed = errors.New("the queue is closed")

// Open connects to the server. It makes nothing there: the first call of Plan does.
func Open(ctx context.Context, config Config) (*Queue, error) {
	return openAs(ctx, config, Name(config.Build))
}

// openAs is Open with what stands for the build.
func openAs(ctx context.Context, config Config, name string) (*Queue, error) {
	q := &Queue{config: config.withDefaults(), at: redacted(config.URL), name: subjects{name}}
	q.life, q.end = context.WithCancelCause(context.Background())
	q.newLink()
	if err := q.connect(ctx); err != nil {
		q.end(err)
		return nil, q.openError(err)
	}
	if err := q.check(ctx); err != nil {
		_ = q.Close()
		return nil, q.openError(err)
	}
	return q, nil
}

// connect connects, again and again while the server is not there.
func (q *Queue) connect(ctx context.Context) error {
	deadline := time.Now().Add(q.config.OpenPatience)
	for {
		conn, err := nats.Connect(q.config.URL, q.options()...)
		if err == nil {
			q.conn = conn
			q.js, err = jetstream.New(conn, jetstream.WithDefaultTimeout(q.config.Attempt), jetstream.WithPublishAsyncMaxPending(2*queue.MostUnits))
			return err
		}
		if !isUnreachable(err) || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

func (q *Queue) options() []nats.Option {
	options := []nats.Option{
		nats.Name(connectionPrefix + q.name.build),
		nats.Timeout(q.config.Attempt),
		nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond),
		nats.ReconnectBufSize(-1), // what is sent again by do need not be kept
		nats.PingInterval(q.config.Ping), nats.MaxPingsOutstanding(2),
		nats.ErrorHandler(q.onError), nats.ClosedHandler(q.onClosed), nats.DisconnectErrHandler(func(*nats.Conn, error) { q.newLink() }),
		nats.CustomInboxPrefix("_INBOX." + ConnectionName(q.config.Build)), // so that a server's rights can name it
	}
	if q.config.Token != "" {
		options = append(options, nats.Token(q.config.Token))
	}
	if q.config.Creds != "" {
		options = append(options, nats.UserCredentials(q.config.Creds))
	}
	if q.config.CA != "" {
		options = append(options, nats.RootCAs(q.config.CA))
	}
	return options
}

// newLink ends the attempts that wait for answers over a connection that is lost.
func (q *Queue) newLink() {
	link, drop := context.WithCancel(q.life)
	q.link.Store(&link)
	if last := q.drop.Swap(&drop); last != nil {
		(*last)()
	}
}

// onError gets what no call returns. A right that is missing shows only here, while the call waits
// for an answer.
func (q *Queue) onError(_ *nats.Conn, _ *nats.Subscription, err error) {
	if errors.Is(err, nats.ErrPermissionViolation) {
		q.end(fmt.Errorf("the queue at %s denies this user something that gotestshard needs: %w; "+
			"docs/queue.md lists the rights, or share the tests out without a queue: --partition", q.at, err))
	}
}

// onClosed is called when the client does not try to connect again: because of Close, or because
// the server refused the token twice.
func (q *Queue) onClosed(conn *nats.Conn) {
	if err := conn.LastError(); err != nil {
		q.end(q.openError(err))
		return
	}
	q.end(errClosed)
}

// check refuses a server that cannot hold a queue.
func (q *Queue) check(ctx context.Context) error {
	version := q.conn.ConnectedServerVersion()
	if !atLeast(version, oldest) {
		return fmt.Errorf("it is NATS %s, which is too old; update it to 2.11 or newer, or start one with gotestshard queue serve", version)
	}
	for deadline := time.Now().Add(q.config.OpenPatience); ; {
		err := q.attempt(ctx, func(ctx context.Context) error {
			_, err := q.js.AccountInfo(ctx)
			return err
		})
		switch {
		case err == nil:
			return nil
		case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
			return errors.New("it has no JetStream, at least not for this user; start it with nats-server -js, or start one with gotestshard queue serve")
		case q.failed() != nil:
			return explained{q.failed()}
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case time.Now().After(deadline):
			return err
		}
	}
}

// oldest is the oldest minor version of NATS 2 that will do: from then on, the messages of several
// subjects can be read without a consumer.
const oldest = 11

// atLeast reports whether a version of NATS is 2 with this minor version, or newer.
func atLeast(version string, minor int) bool {
	var major, is int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &is)
	return err == nil && (major > 2 || major == 2 && is >= minor)
}

// failed returns why the queue cannot be used any more, nil if it can.
func (q *Queue) failed() error { return context.Cause(q.life) }

// Connected reports whether the server is reached now, as far as known.
func (q *Queue) Connected() bool { return q.conn.IsConnected() }

// Reconnects returns how often the connection was lost and made again.
func (q *Queue) Reconnects() uint64 { return q.conn.Stats().Reconnects }

// Close returns all leases and leaves the queue.
func (q *Queue) Close() error {
	if q.life.Err() == nil {
		q.leases.returnAll(q)
	}
	q.end(errClosed)
	q.late.Wait()
	q.conn.Close()
	return nil
}

// redacted returns a URL without secrets.
func redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	u.User = nil
	return u.String()
}
