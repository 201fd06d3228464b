// Package watch says which packages changed on the disk and which keys were
// pressed.
//
//	folders that are watched ─ events → Watcher: changed .go files
//	                                        │
//	                                     Pending: waits until the saving has
//	                                        │     ended and the run too
//	                                        ▼
//	                                     packages to run
//	terminal ─ keys → Terminal
//
// The caller's one goroutine owns all of it: nothing here may be called from
// two at once, and nothing but the channels is to be waited for. Who makes a
// Watcher or a Terminal closes it.
package watch
