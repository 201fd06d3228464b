package ci

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

var update = flag.Bool("update", false, "write the golden files again")

var providers = []Provider{GitHub, GitLab, TeamCity, Buildkite, CircleCI, Azure}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s (-update writes it again)\n got:\n%s\nwant:\n%s", file, got, want)
	}
}

// hostileLines are lines that a test may print to imitate CI commands.
var hostileLines = []string{
	"::error file=x.go,line=1,title=t::owned", "  ::add-mask::x", "::set-env name=PATH::x", "::stop-commands::token", "::token::",
	"##[error]old", "text ##[add-matcher]x", "::endgroup::", "::group::x",
	"\x1b[0Ksection_start:1:a[collapsed=true]\r\x1b[0Kx", "section_end:1:a\r\x1b[0K",
	"##teamcity[testFinished name='a']", "##vso[task.setvariable variable=a]b",
	"--- group", "+++ group", "~~~ group", "^^^ +++", "\x1b[31m--- group", "a\r--- b", "a\r::error::b\rc",
	"\u2003::debug::x", ":\u200b:error::x", "\xff::error::x", "|n']x", "%0A::error::x",
}

// play writes everything that a Log can write, with hostile text everywhere.
func play(log *Log, text string) {
	_, _ = io.WriteString(log.Stdout(), text)
	log.Begin("[gw0] FAIL p.Test" + text)
	_, _ = io.WriteString(log.Stdout(), "in it\n"+text+"\n")
	_, _ = io.WriteString(log.Stderr(), text)
	log.Attention()
	log.End()
	_, _ = io.WriteString(log.Stdout(), text)
	log.Begin("second")
	_, _ = io.WriteString(log.Stderr(), text+"\n")
	if log.Provider() == TeamCity {
		m := NewMessages(log, true)
		m.Test(Test{Flow: "gw1", Suite: "p" + text, Name: "Test" + text, Result: Failed, Elapsed: 1500 * time.Millisecond, Message: text, Output: text})
		m.Test(Test{Flow: text, Suite: "q", Name: text, Result: Skipped, Message: text})
		m.Test(Test{Suite: "q", Name: "Passed", Result: Passed, Output: text})
		m.EndSuite("q")
		m.Problem(text)
		m.Close()
	}
	log.Summary()
	_, _ = io.WriteString(log.Stdout(), text)
	log.Annotate([]Annotation{{File: "dir/a,b:c" + text, Line: 3, Column: 4, Title: "title, of: it" + text, Message: text + "\n" + text}, {Warning: true, Title: text}})
	_ = log.Close()
}

func TestGolden(t *testing.T) {
	for _, p := range providers {
		var out, err bytes.Buffer
		log := NewLog(p, &out, &err)
		log.name, log.now = "name", func() time.Time { return time.Unix(1700000000, 0) }
		play(log, strings.Join(hostileLines, "\n"))
		golden(t, string(p), bytes.ReplaceAll(fmt.Appendf(nil, "%s=== standard error\n%s", out.Bytes(), err.Bytes()), []byte("\x1b"), []byte("^[")))
	}
}

func TestAtMostTenOfAKind(t *testing.T) {
	for count, want := range map[int]int{0: 0, 9: 9, 10: 10, 11: 10, 1000: 10} {
		var annotations []Annotation
		for i := range count {
			annotations = append(annotations, Annotation{Title: fmt.Sprintf("FAIL %d", i), File: "a.go", Line: i + 1},
				Annotation{Title: fmt.Sprintf("FLAKY %d", i), Warning: true})
		}
		var out bytes.Buffer
		log := NewLog(GitHub, &out, io.Discard)
		log.Annotate(annotations)
		for _, kind := range []string{"::error ", "::warning "} {
			if got := strings.Count(out.String(), kind); got != want {
				t.Errorf("with %d annotations: got %d lines with %q, want %d", count, got, kind, want)
			}
		}
		if count > 10 && (!strings.Contains(out.String(), fmt.Sprintf("::error title=%d more failures::FAIL 9 (a.go:10)%%0AFAIL 10 (a.go:11)", count-9)) ||
			!strings.Contains(out.String(), fmt.Sprintf("::warning title=%d more flaky tests::FLAKY 9", count-9))) {
			t.Errorf("the last annotation does not sum up the rest:\n%s", out.String())
		}
	}
}

// A line of one stream does not continue in the other, and a command has its own line.
func TestHalfLines(t *testing.T) {
	var out bytes.Buffer
	log := NewLog(GitHub, &out, &out)
	for _, text := range []string{":", "a"} {
		_, _ = io.WriteString(log.Stdout(), text)
		_, _ = io.WriteString(log.Stderr(), ":error::x\n")
	}
	log.Begin("title")
	_, _ = io.WriteString(log.Stdout(), ":")
	log.End()
	_, _ = io.WriteString(log.Stderr(), ":end")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if want := ":error::x\n:error::x\n:a\n::group::title\n:\n::endgroup::\n:end\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// The log does not depend on how a text is split into writes.
func TestChunks(t *testing.T) {
	text := strings.Join(hostileLines, "\n") + "\r\nend"
	for _, p := range providers {
		write := func(chunks func(io.Reader) io.Reader) string {
			var out bytes.Buffer
			log := NewLog(p, &out, io.Discard)
			// The reader and the writer hide methods that would copy all in one write.
			_, _ = io.Copy(struct{ io.Writer }{log.Stdout()}, struct{ io.Reader }{chunks(strings.NewReader(text))})
			_ = log.Close()
			return out.String()
		}
		whole := write(func(r io.Reader) io.Reader { return r })
		for name, chunks := range map[string]func(io.Reader) io.Reader{"byte": iotest.OneByteReader, "half": iotest.HalfReader} {
			if got := write(chunks); got != whole {
				t.Errorf("%s, chunks of %s: got\n%q\nwant\n%q", p, name, got, whole)
			}
		}
	}
}

// An unfinished line is shown in pieces, none of which is a command.
func TestEndlessLine(t *testing.T) {
	var out bytes.Buffer
	log := NewLog(GitHub, &out, io.Discard)
	_, _ = io.WriteString(log.Stdout(), strings.Repeat("x", longestLine))
	_, _ = io.WriteString(log.Stdout(), "::error::x")
	_ = log.Close()
	if want := strings.Repeat("x", longestLine) + "\n: :error::x\n"; out.String() != want {
		t.Errorf("got %d bytes that end in %q, want %d bytes", out.Len(), out.String()[max(0, out.Len()-20):], len(want))
	}
}

func TestManyGoroutines(t *testing.T) {
	var out bytes.Buffer
	log := NewLog(GitHub, &out, &out)
	var group sync.WaitGroup
	for _, stream := range []io.Writer{log.Stdout(), log.Stderr()} {
		group.Go(func() {
			for range 1000 {
				_, _ = io.WriteString(stream, "::a::\n:")
				_, _ = io.WriteString(stream, ":b::\n")
			}
		})
	}
	group.Wait()
	_ = log.Close()
	if strings.Contains(out.String(), "\n::") || strings.Count(out.String(), "\n") != 4000 {
		t.Error("a line is not written in one piece")
	}
}

func TestErrorsAreReturned(t *testing.T) {
	full := errors.New("disk full")
	log := NewLog(GitHub, failing{full}, failing{full})
	if _, err := io.WriteString(log.Stdout(), "text\n"); !errors.Is(err, full) {
		t.Error(err)
	}
	log.Begin("title")
	if err := log.Close(); !errors.Is(err, full) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	for _, line := range []string{`{"Output":"##[error]x ###teamcity[#01"}` + "\n", "{\"Output\":\"#\u200b#[x\"}\n"} {
		_, _ = NewJSON(&out).Write([]byte(line))
	}
	want := `{"Output":"\u0023#[error]x \u0023\u0023#teamcity[#01"}` + "\n" + "{\"Output\":\"\\u0023\u200b#[x\"}\n"
	if out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}

// testjson itself prints lines that begin with FAIL, so they must not contain commands.
func TestEvents(t *testing.T) {
	in := "{\"Output\":\"##[x]\"}\nFAIL\r::error::x ##[error]y\n{}\nfine ##[x]\nFAIL" + strings.Repeat("a", 70<<10) + "\r\nFAIL"
	want := "{\"Output\":\"##[x]\"}\nFAIL␍::error::x # #[error]y\n{}\nfine ##[x]\nFAIL" + strings.Repeat("a", 70<<10) + "␍\nFAIL"
	for name, chunks := range map[string]func(io.Reader) io.Reader{"byte": iotest.OneByteReader, "data with EOF": iotest.DataErrReader} {
		got, err := io.ReadAll(NewEvents(GitHub, chunks(strings.NewReader(in))))
		if err != nil || string(got) != want {
			t.Errorf("%s: %v, %q", name, err, got)
		}
	}
}

func TestProblem(t *testing.T) {
	for text, want := range map[string]string{
		"": "", " \n": "",
		"go: [x]\ngo.mod:4: 'y'\n": "##teamcity[buildProblem description='go: |[x|]|ngo.mod:4: |'y|'']\n",
		strings.Repeat("é", 3000):  "##teamcity[buildProblem description='" + strings.Repeat("|0x00E9", (4000-len(" … (cut)"))/2) + " |0x2026 (cut)']\n",
	} {
		var out bytes.Buffer
		NewMessages(NewLog(TeamCity, &out, io.Discard), false).Problem(text)
		if out.String() != want {
			t.Errorf("%.40q: got %q, want %q", text, out.String(), want)
		}
	}
}

func TestLogOf(t *testing.T) {
	log := NewLog(GitHub, io.Discard, io.Discard)
	if LogOf(log.Stdout()) != log || LogOf(log.Stderr()) != log || LogOf(io.Discard) != nil {
		t.Error("LogOf does not return the Log of its writers, or returns one for another writer")
	}
}

// On a flow, one suite ends before the next one begins. A package that several workers run
// has a suite on each of them.
func TestSuitesOfAFlow(t *testing.T) {
	var out bytes.Buffer
	m := NewMessages(NewLog(TeamCity, &out, io.Discard), false)
	for _, test := range []Test{
		{Flow: "gw0", Suite: "p", Name: "A"}, {Flow: "gw1", Suite: "p", Name: "B"}, {Flow: "gw0", Suite: "q", Name: "C"},
		{Flow: "gw0", Suite: "p", Name: "D"}, {Flow: "gw0", Suite: "p", Name: "E"},
	} {
		test.Result = Passed
		m.Test(test)
	}
	m.EndSuite("p")
	m.Test(Test{Suite: "r", Name: "F", Result: Passed})
	m.Close()
	commands, err := parseTeamCity(out.String())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range commands {
		switch c.name {
		case "testSuiteStarted":
			got = append(got, c.properties["flowId"]+"+"+c.properties["name"])
		case "testSuiteFinished":
			got = append(got, c.properties["flowId"]+"-"+c.properties["name"])
		case "testFinished":
			got = append(got, c.properties["name"])
		}
	}
	want := "gw0+p A gw1+p B gw0-p gw0+q C gw0-q gw0+p D E gw1-p gw0-p gotestshard+r F gotestshard-r"
	if strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
}
