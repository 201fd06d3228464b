//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris || windows)

package watch

const supported = false
