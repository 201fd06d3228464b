//go:build unix

package early

import (
	"os"
	"syscall"
)

// become runs a tool in place of this process. It returns if the tool is the linker, a program that
// must be looked for, or cannot run: package linkcache runs those.
func become(tool []string) {
	name, isPath := tool[0], false
	for i := range tool[0] {
		if tool[0][i] == '/' {
			name, isPath = tool[0][i+1:], true
		}
	}
	if isPath && name != "link" {
		_ = syscall.Exec(tool[0], tool, os.Environ())
	}
}
