//go:build !noqueueserver

package queueserver

import (
	"fmt"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/format/plain"
)

// logger prints what the server has to say about itself that is wrong. Parts of it may be from
// clients.
type logger struct {
	mu    sync.Mutex
	print func(line string) // nil until the server has started
	held  []string          // lines from before
}

func (l *logger) log(format string, args ...any) {
	line := plain.Line(fmt.Sprintf(format, args...))
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
func (l *logger) Fatalf(format string, args ...any) { l.log(format, args...) }

// What is not wrong is not printed.

func (l *logger) Noticef(string, ...any) {}
func (l *logger) Debugf(string, ...any)  {}
func (l *logger) Tracef(string, ...any)  {}
