package environ

import (
	"slices"
	"strings"
)

const (
	raceVariable = "GORACE"
	exitSleep    = "atexit_sleep_ms"
)

// RaceOptions returns the GORACE for a test process, as KEY=VALUE, if it is to differ from
// that of an environment, and otherwise "". A program that was built with -race sleeps for a
// second at its exit (golang/go#20364), so that other goroutines may still run into a race.
// With this variable it is 50 ms, unless the environment has the user's own time.
func RaceOptions(env List) string {
	options := env.Get(raceVariable)
	if strings.Contains(options, exitSleep) {
		return ""
	}
	return raceVariable + "=" + strings.TrimLeft(options+" "+exitSleep+"=50", " ")
}

// WithRaceOptions returns an environment with its RaceOptions.
func WithRaceOptions(env List) List {
	options := RaceOptions(env)
	if options == "" {
		return env
	}
	others := slices.DeleteFunc(slices.Clone(env), func(variable string) bool { return strings.HasPrefix(variable, raceVariable+"=") })
	return append(others, options)
}
