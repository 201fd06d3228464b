// Package environ handles environments: that of this process, and the variables for test
// processes.
package environ

import (
	"runtime"
	"strings"
)

// List is an environment, as KEY=VALUE.
type List []string

// Get returns the value of a variable, empty for none.
func (l List) Get(name string) string {
	value, _ := l.Lookup(name)
	return value
}

// Lookup returns the value of a variable, and whether it is set. Like os.LookupEnv it
// returns the first of several, and on Windows it ignores case.
func (l List) Lookup(name string) (string, bool) {
	for _, variable := range l {
		// Windows has variables whose name begins with =.
		if i := strings.IndexByte(variable[min(1, len(variable)):], '=') + 1; i > 0 {
			if key := variable[:i]; key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
				return variable[i+1:], true
			}
		}
	}
	return "", false
}
