// Package text works on what test binaries print under -test.v=test2json, before the go
// command makes JSON of it. Merge joins the text of several processes of one test binary
// into that of one process; an Observer passes the text of a single process on. Both
// follow the tests in it by the lines of package framing.
//
// There is no second model of events: what package stream reads later is what test2json
// makes of this text.
package text
