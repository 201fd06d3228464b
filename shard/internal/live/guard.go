package live

import (
	"os"
	"os/exec"
	"runtime/debug"
)

// guardWord is the first argument of a guard.
const guardWord = "gotestshard-guard"

// guardVariable is set for a guard, so that no user of the program becomes one.
const guardVariable = "GOTESTSHARD_GUARD"

// IsGuard reports whether args, without the program's name, and the environment are those of a
// guard.
func IsGuard(args []string) bool {
	return len(args) == 1 && args[0] == guardWord && os.Getenv(guardVariable) != ""
}

// startGuard starts a process that removes the area from a terminal if this process cannot: when
// it is killed or crashes. The guard also gets what the runtime prints about a crash, so it knows
// of it before the text has scrolled. Without a guard, the area stays. stop must be called.
func startGuard(terminal *os.File) (stop func()) {
	none := func() {}
	self, err := os.Executable()
	if err != nil || !guards {
		return none
	}
	in, alive, err := os.Pipe()
	if err != nil {
		return none
	}
	defer func() { _ = in.Close() }()
	cmd := exec.Command(self, guardWord)
	cmd.Env = append(os.Environ(), guardVariable+"=1")
	cmd.Stdin, cmd.Stdout = in, terminal
	if cmd.Start() != nil {
		_ = alive.Close()
		return none
	}
	_ = debug.SetCrashOutput(alive, debug.CrashOptions{}) // the end of the pipe shows a crash too
	return func() {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = alive.Close()
	}
}
