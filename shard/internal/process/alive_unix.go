//go:build unix && !linux

package process

import "syscall"

// alive reports whether anything of the group is left.
func (g *group) alive() bool { return syscall.Kill(-g.id, 0) == nil }
