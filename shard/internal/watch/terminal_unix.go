//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris

package watch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// ContinueSignals are the signals after which Start must be called again: the shell may
// have changed the terminal while this process was stopped.
var ContinueSignals = []os.Signal{unix.SIGCONT}

// Terminal reads keys while it is started, one by one and without showing them. Ctrl-C
// remains a signal. When it is stopped, the terminal is restored and input is left to
// other programs. A nil Terminal has no keys.
type Terminal struct {
	in     *os.File
	fd     int
	wake   [2]*os.File // a pipe that ends the wait for a key
	keys   chan byte
	failed chan error

	before *unix.Termios // the settings when it was first started
	keyed  bool          // whether the settings are changed
	stop   chan struct{} // ends the reader; nil if there is none
	done   chan struct{} // closed when the reader has ended
}

// NewTerminal fails if in is not a terminal.
func NewTerminal(in *os.File) (*Terminal, error) {
	t := &Terminal{in: in, fd: int(in.Fd()), keys: make(chan byte, 16), failed: make(chan error, 1)}
	if _, err := unix.IoctlGetTermios(t.fd, getTermios); err != nil {
		return nil, err
	}
	var err error
	if t.wake[0], t.wake[1], err = os.Pipe(); err != nil {
		return nil, err
	}
	return t, nil
}

// Keys returns the channel of pressed keys.
func (t *Terminal) Keys() <-chan byte {
	if t == nil {
		return nil
	}
	return t.keys
}

// Failed returns the channel for the error after which there are no more keys. Stop must
// then be called.
func (t *Terminal) Failed() <-chan error {
	if t == nil {
		return nil
	}
	return t.failed
}

// Start reads keys until Stop is called. It fails in the background, where another process
// uses the terminal.
func (t *Terminal) Start() error {
	if t == nil {
		return nil
	}
	if !t.foreground() {
		return errBackground
	}
	if t.before == nil {
		before, err := unix.IoctlGetTermios(t.fd, getTermios)
		if err != nil {
			return fmt.Errorf("reading the terminal's settings: %w", err)
		}
		t.before = before
	}
	settings := *t.before
	settings.Lflag &^= unix.ECHO | unix.ICANON
	settings.Cc[unix.VMIN], settings.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(t.fd, setTermios, &settings); err != nil {
		return fmt.Errorf("changing the terminal's settings: %w", err)
	}
	t.keyed = true
	if t.stop == nil {
		t.stop, t.done = make(chan struct{}), make(chan struct{})
		go t.read(t.stop, t.done)
	}
	return nil
}

// Stop stops reading and restores the terminal to its state before Start.
func (t *Terminal) Stop() {
	if t == nil {
		return
	}
	if t.stop != nil {
		close(t.stop)
		_, _ = t.wake[1].Write([]byte{0})
		<-t.done
		_, _ = t.wake[0].Read(make([]byte, 1))
		t.stop, t.done = nil, nil
	}
	if t.keyed && t.foreground() {
		_ = unix.IoctlSetTermios(t.fd, setTermios, t.before) // fails if the terminal has gone
	}
	t.keyed = false
}

// Regain takes the foreground back from a program, such as a debugger, that took it and
// has ended.
func (t *Terminal) Regain() {
	if t == nil {
		return
	}
	if group, err := unix.Getpgid(0); err == nil {
		// In the background the signal would stop this process.
		signal.Ignore(unix.SIGTTOU)
		defer signal.Reset(unix.SIGTTOU)
		_ = unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, group) // there may be no job control
	}
}

// foreground reports whether this process may change the terminal.
func (t *Terminal) foreground() bool { return Foreground(t.fd) }

// Foreground reports whether this process is in the foreground of the terminal with that file
// descriptor, as far as that is known.
func Foreground(fd int) bool {
	group, err := unix.Getpgid(0)
	if err != nil {
		return true
	}
	owner, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err != nil || owner == group // it may not be our controlling terminal
}

// ShowInput makes a terminal show what is typed, after a process that read keys has died. A shell
// that has the terminal does so itself.
func ShowInput(fd int) {
	settings, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil || !Foreground(fd) {
		return
	}
	settings.Lflag |= unix.ECHO | unix.ICANON
	_ = unix.IoctlSetTermios(fd, setTermios, settings)
}

// Close stops reading and releases everything.
func (t *Terminal) Close() {
	if t == nil {
		return
	}
	t.Stop()
	_, _ = t.wake[0].Close(), t.wake[1].Close()
}

// read passes on the keys until stop is closed.
func (t *Terminal) read(stop, done chan struct{}) {
	defer close(done)
	for {
		key, err := t.next()
		if errors.Is(err, errWoken) {
			return
		}
		if err != nil {
			select {
			case t.failed <- err:
			default: // it has been reported already
			}
			return
		}
		select {
		case t.keys <- key:
		case <-stop:
			return
		}
	}
}

// sequenceWait is how soon the rest of a key's sequence follows Esc, also through ssh.
const sequenceWait = 50 * time.Millisecond

var (
	errWoken      = errors.New("woken")
	errBackground = errors.New("not in the foreground of the terminal")
)

// next waits for a key. It waits with select, which every system supports for terminals,
// and reads only available input, because a read could not be canceled.
func (t *Terminal) next() (byte, error) {
	wake := int(t.wake[0].Fd())
	for {
		var ready unix.FdSet
		ready.Set(t.fd)
		ready.Set(wake)
		switch _, err := unix.Select(max(t.fd, wake)+1, &ready, nil, nil, nil); {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case ready.IsSet(wake):
			return 0, errWoken
		}
		if !t.foreground() {
			return 0, errBackground // reading would stop this process
		}
		key := make([]byte, 1)
		switch n, err := unix.Read(t.fd, key); {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		if key[0] == Esc && t.moreOfASequence() {
			continue
		}
		return key[0], nil
	}
}

// moreOfASequence reads the rest of what a key such as an arrow sends, which begins with Esc.
func (t *Terminal) moreOfASequence() bool {
	var ready unix.FdSet
	ready.Set(t.fd)
	wait := unix.NsecToTimeval(sequenceWait.Nanoseconds())
	if n, err := unix.Select(t.fd+1, &ready, nil, nil, &wait); err != nil || n == 0 {
		return false
	}
	n, err := unix.Read(t.fd, make([]byte, 16))
	return err == nil && n > 0
}
