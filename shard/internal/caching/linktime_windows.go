package caching

import (
	"time"

	"golang.org/x/sys/windows"
)

// setLinkTime sets the modification time of a symbolic link itself.
func setLinkTime(name string, to time.Time) error {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	const itself = windows.FILE_FLAG_OPEN_REPARSE_POINT | windows.FILE_FLAG_BACKUP_SEMANTICS
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	handle, err := windows.CreateFile(path, windows.FILE_WRITE_ATTRIBUTES, share, nil, windows.OPEN_EXISTING, itself, 0)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	written := windows.NsecToFiletime(to.UnixNano())
	return windows.SetFileTime(handle, nil, nil, &written)
}
