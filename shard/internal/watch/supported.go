//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris || windows

package watch

// supported is whether fsnotify can watch files here.
const supported = true
