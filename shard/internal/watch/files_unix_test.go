//go:build unix

package watch

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Special files are not read: a pipe has no data, and a device no end.
func TestReadContentOfWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe, device := filepath.Join(dir, "pipe.go"), filepath.Join(dir, "device.go")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", device); err != nil {
		t.Fatal(err)
	}
	if readContent(pipe) != (content{}) || readContent(device) != (content{}) {
		t.Error("something was read")
	}
}

func TestALinkIsNoNewFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if isDir(filepath.Join(dir, "loop")) || !isDir(dir) {
		t.Error("the link is taken for a folder, or the folder is not")
	}
}
