//go:build linux

package watch

import (
	"os"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

func TestTerminal(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = master.Close(), tty.Close() }()
	settings := func() unix.Termios {
		s, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return *s
	}
	before := settings()
	terminal, err := NewTerminal(tty)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	for range 3 {
		for range 2 { // once more, as after a stop by the shell
			if err := terminal.Start(); err != nil {
				t.Fatal(err)
			}
		}
		if now := settings(); now.Lflag&(unix.ECHO|unix.ICANON) != 0 || now.Lflag&unix.ISIG == 0 {
			t.Errorf("flags %b", now.Lflag)
		}
		if _, err := master.WriteString("ab"); err != nil {
			t.Fatal(err)
		}
		if got := string([]byte{<-terminal.Keys(), <-terminal.Keys()}); got != "ab" {
			t.Errorf("read %q", got)
		}
		for range 2 {
			terminal.Stop()
		}
		if now := settings(); now != before {
			t.Errorf("%+v, was %+v", now, before)
		}
		// Input now goes to another program.
		if _, err := master.WriteString("mine\n"); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 10)
		if n, err := tty.Read(line); err != nil || string(line[:n]) != "mine\n" {
			t.Errorf("read %q, %v", line[:n], err)
		}
	}
}

func TestTerminalThatGoes(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	terminal, err := NewTerminal(tty)
	if err != nil {
		t.Fatal(err)
	}
	if err := terminal.Start(); err != nil {
		t.Fatal(err)
	}
	_ = master.Close()
	if err := <-terminal.Failed(); err == nil {
		t.Error("no error")
	}
	terminal.Stop()
	terminal.Close()
}

func TestNoTerminal(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = in.Close(), out.Close() }()
	terminal, err := NewTerminal(in)
	if err == nil {
		t.Error("a pipe is a terminal")
	}
	if terminal.Keys() != nil || terminal.Failed() != nil || terminal.Start() != nil {
		t.Error("it has keys")
	}
	terminal.Stop()
	terminal.Close()
}
