// Package scan reads a go test -json stream into a testjson.Execution.
//
// testjson.ScanTestOutput spends most of its time in encoding/json, which is half the
// processor time of a run with much output. So the lines that go test -json prints are
// decoded here, and testjson only records them. All other lines, and errors, are testjson's.
package scan

import (
	"bytes"
	"errors"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gotestshard/gotestshard/shard/internal/lines"
	"github.com/gotestshard/gotestshard/shard/internal/stream"
)

// Scan is testjson.ScanTestOutput for a stream whose lines next returns one after another.
// A line is handled before the next call. config has a Handler and not a Stdout.
func Scan(config testjson.ScanConfig, next func() (*stream.Line, error)) (*testjson.Execution, error) {
	if config.Execution == nil {
		// testjson does not export how a new one is made.
		exec, err := testjson.ScanTestOutput(testjson.ScanConfig{RunID: config.RunID, Stdout: strings.NewReader("")})
		if err != nil {
			return exec, err
		}
		config.Execution = exec
	}
	var decoder stream.Decoder
	var failed error // an error of the handler
	config.Stdout = lines.NewPieces(func() ([]byte, error) {
		for failed == nil {
			line, err := next()
			if err != nil {
				return nil, err
			}
			event, ok := decoder.DecodeLine(line)
			if !ok {
				return line.Text, nil
			}
			event.RunID = config.RunID
			setBytes(&event, bytes.TrimSuffix(bytes.TrimSuffix(line.Text, []byte{'\n'}), []byte{'\r'}))
			add(config.Execution, event)
			failed = config.Handler.Event(event, config.Execution)
		}
		return nil, failed
	})
	exec, err := testjson.ScanTestOutput(config)
	if failed != nil && errors.Is(err, failed) {
		err = failed // without testjson's words for an error of Stdout
	}
	return exec, err
}
