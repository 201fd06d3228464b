// Package environ is the environment: of this process, and what of it is for test
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

// Lookup returns the value of a variable, and whether it is set. As os.LookupEnv it takes
// the first of several, and on Windows does not tell upper from lower case.
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
