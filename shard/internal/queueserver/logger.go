//go:build !noqueueserver

package queueserver

import (
	"fmt"
	"sync"

	"github.com/gotestshard/gotestshard/format/plain"
)

// logger prints what the server has to say about itself that is wrong. Parts of it may be from
// clients.
type logger struct {
	print func(line string)

	mu      sync.Mutex
	problem string
}

func (l *logger) log(format string, args ...any) {
	line := plain.Line(fmt.Sprintf(format, args...))
	l.mu.Lock()
	l.problem = line
	l.mu.Unlock()
	if l.print != nil {
		l.print(line)
	}
}

// last returns the last line.
func (l *logger) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.problem
}

func (l *logger) Warnf(format string, args ...any)  { l.log(format, args...) }
func (l *logger) Errorf(format string, args ...any) { l.log(format, args...) }
func (l *logger) Fatalf(format string, args ...any) { l.log(format, args...) }

// What is not wrong is not printed.

func (l *logger) Noticef(string, ...any) {}
func (l *logger) Debugf(string, ...any)  {}
func (l *logger) Tracef(string, ...any)  {}
