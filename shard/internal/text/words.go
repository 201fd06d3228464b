package text

import (
	"regexp"
	"strings"
	"sync"
)

// lastWords is text without what differs between two processes that panic at one
// place: addresses, numbers of goroutines, and the traces of others than the first.
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

// SameWords is whether two processes have printed the same, but for what differs
// between two that panic at one place.
func SameWords(a, b string) bool { return lastWords([]byte(a)) == lastWords([]byte(b)) }

// traceNumber is compiled when it is used: a hook never does.
var traceNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`0x[0-9a-f]+\??|goroutine \d+|\bm=\d+`) })
