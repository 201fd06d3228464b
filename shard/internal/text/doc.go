// Package text handles what test binaries print under -test.v=test2json, before the go
// command converts it to JSON. Merge joins the text of several processes of one test
// binary into the text of one process. Observer passes on the text of a single process.
// Both use package framing to follow the tests in it.
//
// There is no second model of events: package stream reads what test2json makes of this
// text.
package text
