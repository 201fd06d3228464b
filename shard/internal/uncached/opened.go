package uncached

import (
	"bytes"
	"os"
)

// Touched returns the paths in the log of what a test binary read: those of files and folders that it
// opened, for reading or writing, and those that it only looked for. dir is the working directory
// at its beginning. A log that is not complete has none.
func Touched(log, dir string) (opened, looked map[string]bool) {
	opened, looked = map[string]bool{}, map[string]bool{}
	text, err := os.ReadFile(log)
	if err != nil || !bytes.HasPrefix(text, []byte(logTitle)) || text[len(text)-1] != '\n' {
		return opened, looked
	}
	for op, name := range logged(text, dir) {
		switch op {
		case opOpen:
			opened[name] = true
		case opStat:
			looked[name] = true
		}
	}
	return opened, looked
}
