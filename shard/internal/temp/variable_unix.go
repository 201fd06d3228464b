//go:build unix

package temp

// Variable is the environment variable that names the folder for temporary files.
const Variable = "TMPDIR"
