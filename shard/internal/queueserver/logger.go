//go:build !noqueueserver

package queueserver

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gotestshard/gotestshard/format/plain"
)

// logger prints what the server has to say about itself that is wrong. Parts of it may be from
// clients.
type logger struct {
	mu    sync.Mutex
	print func(line string) // nil until the server has started
	held  []string          // lines from before

	broken chan struct{} // closed once something could not be stored
	once   sync.Once
	fatal  atomic.Bool // whether the server cannot start
}

func newLogger() *logger { return &logger{broken: make(chan struct{})} }

// cannotStore is in the line about a stream whose file cannot be written. From then on the stream
// answers nothing, until the server starts again, and nothing else shows that.
const cannotStore = "critical write error"

func (l *logger) log(format string, args ...any) {
	line := plain.Line(fmt.Sprintf(format, args...))
	if strings.Contains(line, cannotStore) {
		l.once.Do(func() { close(l.broken) })
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.print == nil {
		l.held = append(l.held, line)
		return
	}
	l.print(line)
}

// begin prints all lines from now on, and what was held.
func (l *logger) begin(print func(line string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if print == nil {
		print = func(string) {}
	}
	l.print = print
	for _, line := range l.held {
		print(line)
	}
	l.held = nil
}

// problems returns the lines that are held.
func (l *logger) problems() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.held, "; ")
}

func (l *logger) Warnf(format string, args ...any)  { l.log(format, args...) }
func (l *logger) Errorf(format string, args ...any) { l.log(format, args...) }

// Fatalf is about why the server cannot start.
func (l *logger) Fatalf(format string, args ...any) {
	l.log(format, args...)
	l.fatal.Store(true)
}

// What is not wrong is not printed.

func (l *logger) Noticef(string, ...any) {}
func (l *logger) Debugf(string, ...any)  {}
func (l *logger) Tracef(string, ...any)  {}
