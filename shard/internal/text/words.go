package text

import (
	"regexp"
	"strings"
	"sync"
)

// lastWords returns text without what differs between two processes that panic at the
// same place: addresses, goroutine numbers, and all traces but the first.
func lastWords(text []byte) string {
	const trace = "\n\ngoroutine "
	words := string(text)
	if first := strings.Index(words, trace); first >= 0 {
		if next := strings.Index(words[first+1:], trace); next >= 0 {
			words = words[:first+1+next]
		}
	}
	return traceNumber().ReplaceAllString(words, "")
}

// SameWords reports whether two processes have printed the same, apart from what differs
// between two that panic at the same place.
func SameWords(a, b string) bool { return lastWords([]byte(a)) == lastWords([]byte(b)) }

// traceNumber is compiled on first use, because a hook never uses it.
var traceNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`0x[0-9a-f]+\??|goroutine \d+|\bm=\d+`) })
