package live

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"sync"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/signals"
	"github.com/gotestshard/gotestshard/shard/internal/watch"
)

const keyHelp = `t  what runs now, with the last lines of each test
s  stop the run and show the summary so far, like Ctrl-C
?  this list
`

// keyboard reacts to keys and to the signals that concern the terminal.
type keyboard struct {
	terminal  *watch.Terminal // nil for no keys
	screen    *screen         // nil for no area
	print     func(text string)
	running   func() string
	interrupt func()

	signals chan os.Signal
	stop    chan struct{}
	done    chan struct{}
	closing sync.Once
	lost    bool // another program has the terminal; it is tried again
	stops   bool // whether the signal of Ctrl-Z is caught
}

func newKeyboard(terminal *watch.Terminal, screen *screen, print func(string)) *keyboard {
	return &keyboard{
		terminal: terminal, screen: screen, print: print,
		signals: make(chan os.Signal, 8), stop: make(chan struct{}), done: make(chan struct{}),
	}
}

// start begins to react.
func (k *keyboard) start() {
	defer func() { go k.run() }()
	if len(signals.Asks) > 0 {
		signal.Notify(k.signals, signals.Asks...)
	}
	if k.screen != nil && len(watch.ContinueSignals) > 0 {
		signal.Notify(k.signals, watch.ContinueSignals...)
		k.stops = catchStops(k.signals)
	}
}

// close restores the terminal.
func (k *keyboard) close() {
	k.closing.Do(func() { close(k.stop) })
	<-k.done
}

func (k *keyboard) run() {
	defer close(k.done)
	defer k.terminal.Close()
	if k.stops {
		defer leaveStops()
	}
	defer signal.Stop(k.signals)
	k.startKeys()
	for {
		var again <-chan time.Time
		if k.lost {
			again = time.After(time.Second) // there is no event when the terminal is ours again
		}
		select {
		case <-k.stop:
			return
		case key := <-k.terminal.Keys():
			k.key(key)
		case err := <-k.terminal.Failed():
			k.terminal.Stop()
			k.lost = !errors.Is(err, io.EOF)
		case <-again:
			k.startKeys()
		case sig := <-k.signals:
			k.signal(sig)
		}
	}
}

func (k *keyboard) startKeys() { k.lost = k.terminal.Start() != nil }

func (k *keyboard) key(key byte) {
	switch key {
	case 't':
		k.print(k.running())
	case 's':
		k.interrupt()
	case '?', 'h':
		k.print(keyHelp)
	}
}

func (k *keyboard) signal(sig os.Signal) {
	switch {
	case slices.Contains(signals.Asks, sig):
		k.print(k.running())
	case isStop(sig): // Ctrl-Z
		k.screen.hide()
		k.terminal.Stop()
		stopSelf()
	case slices.Contains(watch.ContinueSignals, sig): // the shell may have changed the terminal
		k.startKeys()
		k.screen.show()
	}
}
