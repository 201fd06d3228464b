// Package watch reports which packages changed on disk and which keys were pressed.
//
//	watched folders ─ events from the system,
//	                  or of a poller → Watcher: changed .go files
//	                                        │
//	                                     Pending: waits until saving and
//	                                        │     the run have ended
//	                                        ▼
//	                                     packages to run
//	terminal ─ keys → Terminal
//
// One goroutine of the caller owns all of it. Nothing here may be called by two goroutines
// at once, and only the channels block. The caller must close a Watcher or Terminal that
// it creates.
package watch
