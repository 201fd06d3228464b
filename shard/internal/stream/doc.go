// Package stream turns the go test -json output of one or several commands
// into one stream: each package starts once and ends once, each event that a
// worker caused names it in an additional key "Worker", and no line is longer
// than testjson can read. Merge decides, line by line; Reader runs it.
package stream
