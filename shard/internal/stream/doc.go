// Package stream turns the go test -json output of one or several commands into one
// stream. In it, each package starts once and ends once, each event caused by a worker
// names it in an additional key "Worker", and no line is too long for testjson. Merge
// decides this line by line; Reader runs it.
package stream
