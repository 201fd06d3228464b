package shardtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	keptFor  = 24 * time.Hour // how long an unused linked program is kept
	usedMark = ".used"        // the end of the name of the file that is written at each use
)

// buildFolders returns the folder of the linked programs, and a folder for the tested
// modules. Both have the same path in each run. Only one process at a time can use the
// second folder, so each process that runs at the same time gets its own. It has the name of
// the tested package, so that packages that are tested at the same time get the same folders
// in each run.
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
	for _, file := range files { // a program and its mark, which linkonce.sh writes, have the same age
		info, err := os.Stat(filepath.Join(kept, strings.TrimSuffix(file.Name(), usedMark)+usedMark))
		if err != nil {
			info, err = file.Info() // it was not completed
		}
		if err == nil && time.Since(info.ModTime()) > keptFor {
			_ = os.Remove(filepath.Join(kept, file.Name()))
		}
	}
	tested, err := os.Getwd()
	if err != nil {
		return "", "", err
	}
	running, err := exec.Command("ps", "-eo", "args=").Output()
	if err != nil {
		return "", "", err
	}
	for slot := 0; ; slot++ {
		work = filepath.Join(home, fmt.Sprint(filepath.Base(tested), slot))
		if bytes.Contains(running, []byte(work+"/")) {
			continue // it is in use, or a killed process left other processes running
		}
		// It stays open and locked until this process ends.
		lock, err := syscall.Open(work+".lock", syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o600)
		if err != nil {
			return "", "", err
		}
		err = syscall.Flock(lock, syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			_ = syscall.Close(lock)
			continue
		}
		if err != nil {
			return "", "", err
		}
		return kept, work, errors.Join(os.RemoveAll(work), os.Mkdir(work, 0o700))
	}
}

// memoryFolder returns a folder in memory in which programs can run, empty if there is none
// with enough room. Creating and removing thousands of files on a disk is slow.
func memoryFolder() string {
	const folder, enough = "/dev/shm", 1 << 30
	var fs unix.Statfs_t
	if err := unix.Statfs(folder, &fs); err != nil || fs.Type != unix.TMPFS_MAGIC || fs.Flags&unix.ST_NOEXEC != 0 ||
		fs.Bavail*uint64(fs.Bsize) < enough || unix.Access(folder, unix.W_OK) != nil {
		return ""
	}
	return folder
}

// ownFolder checks that a folder belongs to this user and is not a link, because another user
// may have created it.
func ownFolder(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if stat := info.Sys().(*syscall.Stat_t); !info.IsDir() || stat.Uid != uint32(os.Getuid()) {
		return fmt.Errorf("%s is not a folder of this user: remove it", dir)
	}
	return nil
}
