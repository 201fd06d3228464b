package format

import (
	"bytes"
	"fmt"

	"gotest.tools/gotestsum/testjson"
)

// addSection writes what a format wrote for the end of a test as a section of a
// CI's log, of which the lines are whole.
func (p *prefixer) addSection(from origin, event testjson.TestEvent, exec *testjson.Execution) error {
	text := p.text.Bytes()
	title := sectionTitle(event, exec)
	if p.github {
		// testjson's format begins with the command or two blanks, and ends with the
		// other command; in between are the lines of the test.
		body, ok := bytes.CutPrefix(text, []byte("::group::"))
		if !ok {
			p.addLines(from, text)
			return nil
		}
		var first []byte
		first, text, _ = bytes.Cut(body, []byte{'\n'})
		title = string(first)
		text = bytes.TrimSuffix(text, []byte("\n::endgroup::\n"))
	}
	prefix := p.prefixOf(from.worker)
	p.sections.Begin(prefix + title)
	for line := range bytes.Lines(text) {
		p.addLine(prefix, bytes.TrimSuffix(line, []byte("\n")), false, false)
	}
	err := p.flush()
	if event.Action == testjson.ActionFail {
		p.sections.Attention()
	}
	p.sections.End()
	return err
}

// sectionTitle says which test ended, as testjson's testname format does.
func sectionTitle(event testjson.TestEvent, exec *testjson.Execution) string {
	tc := exec.Package(event.Package).LastFailedByName(event.Test)
	again := ""
	if tc.RunID > 0 {
		again = fmt.Sprintf(" (re-run %d)", tc.RunID)
	}
	return fmt.Sprintf("FAIL %s.%s%s (%s)", testjson.RelativePackagePath(event.Package), event.Test, again,
		testjson.FormatDurationAsSeconds(tc.Elapsed, 2))
}
