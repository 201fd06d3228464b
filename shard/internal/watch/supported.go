//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris || windows

package watch

// supported reports whether fsnotify can watch files on this system.
const supported = true
