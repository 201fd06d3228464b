// Package jetstream is the queue of a build on NATS JetStream. It needs a server of NATS 2.11 or
// newer with JetStream; package queueserver has one.
//
//	asset                                        what is in it
//	KV gts_plan, key BUILD                       the plan, compressed
//	KV gts_timings, key TimingsKey               durations of tests, compressed; not of one build
//	GTS_WORK    gts.work.BUILD.UNIT              the units to run; a consumer per build
//	GTS_EVENTS  gts.ev.BUILD.UNIT.ATTEMPT.CHUNK  chunks of attempts, numbered from 0
//	GTS_DONE    gts.done.BUILD.UNIT              the records
//
// BUILD is a digest of the build's name (Name), and the name of an attempt is encoded, so that no
// text of a user is part of a subject as it is.
package jetstream

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// The names of assets.
const (
	planBucket    = "gts_plan"
	planStream    = "KV_" + planBucket // as JetStream names the stream of a bucket
	timingsBucket = "gts_timings"
	workStream    = "GTS_WORK"
	dataStream    = "GTS_EVENTS"
	doneStream    = "GTS_DONE"
)

// Name returns what stands for a build in subjects and names: 32 hexadecimal digits.
func Name(build string) string { return digestOf("gotestshard build " + build) }

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// ConnectionName is the name of a connection for a build. The server of package queueserver reads
// the build from it if the token is not that of one build.
func ConnectionName(build string) string { return connectionPrefix + Name(build) }

// BuildOf returns what stands for the build of a connection with that name, and false if it is not
// one of gotestshard.
func BuildOf(connection string) (string, bool) {
	if len(connection) != len(connectionPrefix)+32 || connection[:len(connectionPrefix)] != connectionPrefix {
		return "", false
	}
	name := connection[len(connectionPrefix):]
	return name, isName(name)
}

const connectionPrefix = "gotestshard."

// isName reports whether text can be the Name of a build.
func isName(text string) bool {
	decoded, err := hex.DecodeString(text)
	return err == nil && len(decoded) == 16 && hex.EncodeToString(decoded) == text
}

// subjects are those of a build.
type subjects struct{ build string } // its Name

func (s subjects) plan() string            { return "$KV." + planBucket + "." + s.build }
func (s subjects) work(unit string) string { return "gts.work." + s.build + "." + unit }
func (s subjects) done(unit string) string { return "gts.done." + s.build + "." + unit }
func (s subjects) chunk(unit, attempt string, n int) string {
	return "gts.ev." + s.build + "." + unit + "." + attemptText.EncodeToString([]byte(attempt)) + "." + strconv.Itoa(n)
}
func (s subjects) firstChunks(unit string) string { return "gts.ev." + s.build + "." + unit + ".*.0" }

// attemptText makes a token of the name of an attempt, which may have the name of a node in it.
var attemptText = base64.RawURLEncoding

// longestAttempt is how many bytes the name of an attempt may have.
const longestAttempt = 512

func checkAttempt(attempt string) error {
	if attempt == "" || len(attempt) > longestAttempt {
		return fmt.Errorf("the attempt %.80q has %d bytes; it must have 1 to %d", attempt, len(attempt), longestAttempt)
	}
	return nil
}

// attemptOf returns the name of the attempt of a chunk's subject.
func attemptOf(subject string) (string, error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 6 {
		return "", fatal{fmt.Errorf("the server has a chunk with the subject %q", subject)}
	}
	attempt, err := attemptText.DecodeString(tokens[4])
	if err != nil {
		return "", fatal{fmt.Errorf("the server has a chunk with the subject %q: %w", subject, err)}
	}
	return string(attempt), nil
}

// longestToken is how long a token of a subject that a caller chooses may be.
const longestToken = 64

// checkToken refuses what would be more or less than one token of a subject.
func checkToken(what, text string) error {
	if text == "" || len(text) > longestToken {
		return fmt.Errorf("the %s %.80q has %d bytes; it must have 1 to %d", what, text, len(text), longestToken)
	}
	for _, c := range []byte(text) {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '-', c == '_':
		default:
			return fmt.Errorf("the %s %q has a character other than letters, digits, - and _", what, text)
		}
	}
	return nil
}
