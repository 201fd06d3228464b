package split

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// hook collects what the go command reads.
type hook struct {
	mu       sync.Mutex
	changed  *sync.Cond
	text     bytes.Buffer
	err      error // of writing
	started  int
	ended    int
	finished bool
}

func newHook() *hook {
	h := &hook{}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *hook) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.changed.Broadcast()
	if h.err != nil {
		return 0, h.err
	}
	return h.text.Write(p)
}

func (h *hook) Started(string) { h.mu.Lock(); defer h.mu.Unlock(); h.started++ }
func (h *hook) Ended(string)   { h.mu.Lock(); defer h.mu.Unlock(); h.ended++ }

func (h *hook) finish() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.finished = true
	h.changed.Broadcast()
}

// await waits until some text was printed.
func (h *hook) await(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for !h.finished && !strings.Contains(h.text.String(), text) {
		h.changed.Wait()
	}
}

var resultLine = regexp.MustCompile(`\x16(?:=== RUN   |--- (PASS|FAIL|SKIP): )(\S+)`)

// results returns how often each test started and how it ended, by name: "TestA=PASS
// TestB=PASS,PASS TestC=?".
func results(text string) string {
	starts, ends := map[string]int{}, map[string][]string{}
	var names []string
	for _, match := range resultLine.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, match[2]) {
			names = append(names, match[2])
		}
		if match[1] == "" {
			starts[match[2]]++
		} else {
			ends[match[2]] = append(ends[match[2]], match[1])
		}
	}
	slices.Sort(names)
	var all []string
	for _, name := range names {
		for len(ends[name]) < starts[name] {
			ends[name] = append(ends[name], "?")
		}
		for len(ends[name]) > starts[name] {
			starts[name]++
			ends[name] = append(ends[name], "unstarted")
		}
		all = append(all, name+"="+strings.Join(ends[name], ","))
	}
	return strings.Join(all, " ")
}
