package option

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// Queue is the server whose queue distributes the units of a build over CI nodes, and how to
// reach it.
type Queue struct {
	// URL is the address of a NATS server, QueueEmbed for one of this process, or empty for none.
	URL string
	// Build names the build. All nodes of a build have the same name, and no other build has it.
	Build string
	// TokenFile is a file with the token, empty for none; Creds is one with the JWT and the key of a
	// user of a NATS server.
	TokenFile, Creds string
	// CA is a file with the certificates to trust instead of the system's, empty for none.
	CA string
	// Token is the secret, from TokenFile or the environment, once it was settled. It is empty for
	// none.
	Token string
	// Lease is how long a lease lasts, 0 for the default.
	Lease time.Duration
}

// QueueEmbed is the URL of a server that a command starts itself.
const QueueEmbed = "embed"

// QueueTokenVariable is the environment variable with the secret. A token in the arguments would be
// in the list of processes and in a CI's log.
const QueueTokenVariable = "GOTESTSHARD_QUEUE_TOKEN"

// leaseVariable has another lease time, for tests of frozen nodes.
const leaseVariable = "GOTESTSHARD_TEST_QUEUE_LEASE"

// longestBuild is how many bytes the name of a build may have.
const longestBuild = 256

// queueSchemes are those of the URLs of NATS servers.
var queueSchemes = []string{"nats", "tls", "ws", "wss"}

func (q *Queue) flags() []flag {
	return []flag{
		{name: "queue", task: taskNodes, env: "QUEUE", to: &q.URL,
			help: "the `URL` of the server with the queue from which all nodes of the build take their tests, such as nats://ci.example.com:4222: " +
				"gotestshard queue serve, or NATS 2.11 or newer with JetStream"},
		{name: "build", needs: needsQueue, env: "BUILD", to: &q.Build, once: true,
			help: "the `ID` of the build for --queue, the same on all its nodes and in no other build, such as the id of the CI's run"},
		{name: "queue-token-file", needs: needsQueue, to: &q.TokenFile,
			help: "`FILE` with the token for the server of --queue, in place of $" + QueueTokenVariable},
		{name: "queue-creds", needs: needsQueue, to: &q.Creds,
			help: "`FILE` with the JWT and the key of a user, for a NATS server with accounts"},
		{name: "queue-ca", needs: needsQueue, to: &q.CA,
			help: "`FILE` with the certificates (PEM) to trust in place of the system's, for tls:// and wss://"},
	}
}

// settle checks the flags against each other and reads the secret and the lease time.
func (q *Queue) settle(env environ.List) error {
	if q.URL == "" {
		return nil // a variable or the configuration file may have the others, for the runs of a CI
	}
	if q.URL != QueueEmbed {
		if err := q.checkURL(); err != nil {
			return err
		}
	}
	switch {
	case q.Build == "" && q.URL != QueueEmbed:
		return errors.New("--queue needs --build: name the build, the same on all its nodes and in no other build, as in --build \"$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT\"")
	case len(q.Build) > longestBuild:
		return fmt.Errorf("--build has %d bytes; write an id of at most %d", len(q.Build), longestBuild)
	case q.Creds != "" && q.TokenFile != "":
		return errors.New("--queue-creds and --queue-token-file cannot be used together: each says who this is; use the one that the server asks for")
	}
	q.Lease, _ = time.ParseDuration(env.Get(leaseVariable))
	return q.readToken(env)
}

// checkURL refuses an address that the client would misunderstand. It does not print secrets.
func (q *Queue) checkURL() error {
	u, err := url.Parse(q.URL)
	switch {
	case err != nil, u.Host == "":
		return errors.New("--queue is not an address; write it as nats://host:4222, or tls://, ws:// or wss://")
	case !slices.Contains(queueSchemes, u.Scheme):
		return fmt.Errorf("--queue begins with %s://; write one of %s://", u.Scheme, strings.Join(queueSchemes, "://, "))
	case u.User != nil:
		return errors.New("--queue has a password in the address, where the list of processes shows it; set $" + QueueTokenVariable + " or use --queue-token-file")
	case q.CA != "" && u.Scheme == "ws":
		return errors.New("--queue-ca is for encrypted connections, and ws:// is not; write wss://")
	}
	return nil
}

// readToken reads the secret from the file or the environment.
func (q *Queue) readToken(env environ.List) error {
	if q.TokenFile == "" {
		if q.Creds == "" {
			q.Token = strings.TrimSpace(env.Get(QueueTokenVariable))
		}
		return nil
	}
	token, err := ReadToken(q.TokenFile)
	if err != nil {
		return fmt.Errorf("--queue-token-file: %w", err)
	}
	q.Token = token
	return nil
}

// ReadToken reads a token from a file, without the space around it.
func ReadToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(text))
	switch {
	case token == "":
		return "", fmt.Errorf("%s is empty; write the token into it, such as 32 random bytes: openssl rand -hex 32", file)
	case len(token) > 4096 || strings.ContainsAny(token, "\r\n\x00"):
		return "", fmt.Errorf("%s has more than one line; a token is one line of at most 4096 characters", file)
	}
	return token, nil
}
