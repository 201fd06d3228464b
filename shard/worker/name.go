package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

const (
	// maxName is the shortest of the limits that apply to names: PostgreSQL's
	// and that of a DNS label.
	maxName = 63
	// maxPrefix leaves room for parts in the name of a shard with a long name.
	maxPrefix = 24
)

// reservedPrefixes must not be the first word of a name: devices of Windows,
// and prefixes that PostgreSQL and SQLite reserve.
var reservedPrefixes = map[string]bool{
	"con": true, "prn": true, "aux": true, "nul": true, "pg": true, "sqlite": true,
}

// Name returns the worker's own lasting name for a resource, such as gw0_db for
// Name("db"). It is the same in every process on the worker and in every run,
// and different on every other worker. A run that begins while another one of
// the user is running on the machine has its Slot in the name: gw0_s1_db. Parts that differ only in case or in
// characters that are not letters or digits give the same name. A name that is
// too long is shortened and ends in a hash.
//
// Without parts it returns only the worker.
func Name(parts ...string) string { return current.name(parts) }

func (r *run) name(parts []string) string {
	if r.slot > 0 {
		parts = append([]string{"s" + strconv.Itoa(r.slot)}, parts...)
	}
	name := assemble(r.id, parts, "")
	if len(name) > maxName {
		name = assemble(r.id, parts, hash(name, 8))
	}
	return name
}

// UniqueName returns a name that no other call returns: UniqueName(t) is like
// gw0_1a2b3c4d, UniqueName(t, "orders") like gw0_orders_1a2b3c4d. To include
// the name of the test, use UniqueName(t, t.Name()).
//
// The last eight characters are a hexadecimal number. It starts at the first
// digits of a UUID, and all processes of the run increase it together, so it
// does not repeat within 4 billion names. Two runs start from different UUIDs:
// for two runs of a thousand names each, the probability that any two names are
// equal is below one in a million. Outside a run, all of the user's test
// processes on the machine count together.
func UniqueName(t testing.TB, parts ...string) string {
	t.Helper()
	return current.uniqueName(t, "UniqueName", parts)
}

// UniqueDNSName is UniqueName as a DNS label, for hosts, buckets and containers:
// gw0-orders-1a2b3c4d, with hyphens and at most 63 characters.
func UniqueDNSName(t testing.TB, parts ...string) string {
	t.Helper()
	return strings.ReplaceAll(current.uniqueName(t, "UniqueDNSName", parts), "_", "-")
}

func (r *run) uniqueName(t testing.TB, caller string, parts []string) string {
	t.Helper()
	suffix, err := r.suffix()
	if err != nil {
		t.Fatalf("worker.%s: taking a number for a name on %s: %v", caller, r.id, err)
		return ""
	}
	return assemble(r.id, parts, suffix)
}

// assemble joins the worker, the parts and the suffix. With a suffix, it cuts
// the middle of the parts if the result would be too long.
func assemble(id string, parts []string, suffix string) string {
	var words []string
	for _, part := range parts {
		word := clean(part)
		if word == "" && part != "" {
			word = hash(part, 8)
		}
		if word != "" {
			words = append(words, word)
		}
	}
	all := []string{prefix(id)}
	if body := strings.Join(words, "_"); body != "" {
		if room := maxName - len(all[0]) - len(suffix) - 2; suffix != "" && len(body) > room {
			half := (room - 1) / 2
			body = strings.TrimRight(body[:half], "_") + "_" + strings.TrimLeft(body[len(body)-half:], "_")
		}
		all = append(all, body)
	}
	if suffix != "" {
		all = append(all, suffix)
	}
	return strings.Join(all, "_")
}

// prefix is the worker's id as the first word of its names. It has no
// underscore, so that names of different workers always differ: shards "unit"
// and "unit_db" would otherwise both have a "unit_db_x".
func prefix(id string) string {
	word := strings.ReplaceAll(clean(id), "_", "")
	device := len(word) == 4 && (strings.HasPrefix(word, "com") || strings.HasPrefix(word, "lpt"))
	digit := word == "" || word[0] >= '0' && word[0] <= '9'
	if word == id && len(word) <= maxPrefix && !digit && !device && !reservedPrefixes[word] {
		return word
	}
	if digit {
		word = "w" + word
	}
	return word[:min(len(word), maxPrefix-6)] + hash(id, 6)
}

// clean keeps letters and digits, in lower case, and joins them with
// underscores.
func clean(text string) string {
	var out strings.Builder
	gap := false
	for _, c := range []byte(text) {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			gap = out.Len() > 0
			continue
		}
		if gap {
			out.WriteByte('_')
			gap = false
		}
		out.WriteByte(c)
	}
	return out.String()
}

func hash(text string, length int) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:length]
}

// fileName returns a file name for any name. Different names have different
// file names.
func fileName(name string) string {
	word := clean(name)
	return fmt.Sprintf("n_%s_%s", word[:min(len(word), 40)], hash(name, 16))
}
