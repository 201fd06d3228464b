//go:build !unix

package early

// become is for systems where a process can become another one. Package linkcache runs the tool.
func become([]string) {}
