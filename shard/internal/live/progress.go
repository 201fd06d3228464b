package live

import (
	"fmt"
)

// noProgress removes the progress from a terminal's tab or taskbar (OSC 9;4, from ConEmu).
const noProgress = "\x1b]9;4;0\x1b\\"

// showsProgress reports whether the terminal with that environment is known to show progress.
// Others may show the sequence as a notification, and a multiplexer hides which terminal it
// has.
func showsProgress(env func(name string) string) bool {
	switch {
	case env("TMUX") != "", env("STY") != "":
		return false
	case env("WT_SESSION") != "", env("ConEmuANSI") == "ON":
		return true
	}
	program := env("TERM_PROGRAM")
	return program == "ghostty" || program == "WezTerm"
}

// progress is the sequence that shows how far the run is.
func (s *State) progress() string {
	n := s.snapshot()
	state := 1
	if n.failed > 0 {
		state = 2 // as an error
	}
	if n.total == 0 || n.building {
		return "\x1b]9;4;3\x1b\\" // without a value
	}
	return fmt.Sprintf("\x1b]9;4;%d;%d\x1b\\", state, n.done*100/n.total)
}
