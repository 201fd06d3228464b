package shard

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// keptFor is how long a linked program is kept without being of use.
const keptFor = 24 * time.Hour

// buildFolders returns the folder of what is linked, and a folder for the modules that
// are tested. Both are the same each time; the second is for one process at a time, so
// there are as many as there are processes.
func buildFolders() (kept, work string, err error) {
	home := filepath.Join(os.TempDir(), fmt.Sprintf("gotestshard-tests-%d", os.Getuid()))
	kept = filepath.Join(home, "linked")
	err = errors.Join(os.MkdirAll(kept, 0o700), ownFolder(home))
	if err != nil {
		return "", "", err
	}
	files, err := os.ReadDir(kept)
	if err != nil {
		return "", "", err
	}
	for _, file := range files {
		if info, err := file.Info(); err == nil && time.Since(info.ModTime()) > keptFor {
			_ = os.Remove(filepath.Join(kept, file.Name()))
		}
	}
	running, err := exec.Command("ps", "-eo", "args=").Output()
	if err != nil {
		return "", "", err
	}
	for slot := 0; ; slot++ {
		work = filepath.Join(home, fmt.Sprint(slot))
		if bytes.Contains(running, []byte(work+"/")) {
			continue // it is in use, or what was killed left something running
		}
		lock, err := os.OpenFile(work+".lock", os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return "", "", err
		}
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			_ = lock.Close()
			continue
		}
		if err != nil {
			return "", "", err
		}
		workLock = lock
		return kept, work, errors.Join(os.RemoveAll(work), os.Mkdir(work, 0o700))
	}
}

// workLock stays open, and locked, until this process ends.
var workLock *os.File

// ownFolder makes sure that a folder is this user's, as anyone may have made one of this
// name.
func ownFolder(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if stat := info.Sys().(*syscall.Stat_t); !info.IsDir() || stat.Uid != uint32(os.Getuid()) {
		return fmt.Errorf("%s belongs to somebody else", dir)
	}
	return nil
}
