package live

import (
	"io"
	"sync"
	"time"
)

// pulse prints a sentence when nothing else was printed for a while.
type pulse struct {
	interval time.Duration // 0 for never
	sentence func() string
	say      func(text string)

	stop    chan struct{}
	closing sync.Once

	mu   sync.Mutex
	last time.Time // when something was printed
}

func newPulse(interval time.Duration, sentence func() string) *pulse {
	return &pulse{interval: interval, sentence: sentence, stop: make(chan struct{}), last: time.Now()}
}

// run prints until close is called.
func (p *pulse) run() {
	for p.interval > 0 {
		select {
		case <-time.After(time.Until(p.due())):
		case <-p.stop:
			return
		}
		if time.Now().Before(p.due()) {
			continue // something was printed
		}
		p.say(p.sentence() + "\n")
	}
}

func (p *pulse) close() { p.closing.Do(func() { close(p.stop) }) }

// due is when to print the sentence.
func (p *pulse) due() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last.Add(p.interval)
}

func (p *pulse) printed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// watched passes on what is printed on a stream, one text at a time.
type watched struct {
	out   io.Writer
	pulse *pulse
	mu    sync.Mutex
	half  bool // whether the last line has no end
}

// stream returns a stream whose texts p sees.
func (p *pulse) stream(out io.Writer) *watched { return &watched{out: out, pulse: p} }

// Write implements io.Writer.
func (w *watched) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(text)
}

func (w *watched) write(text []byte) (int, error) {
	w.pulse.printed()
	if len(text) > 0 {
		w.half = text[len(text)-1] != '\n'
	}
	return w.out.Write(text)
}

// lines writes lines of our own. An error is the run's too, which reports it.
func (w *watched) lines(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.half {
		text = "\n" + text
	}
	_, _ = w.write([]byte(text))
}

// Unwrap returns the stream itself, for ci.LogOf.
func (w *watched) Unwrap() io.Writer { return w.out }
