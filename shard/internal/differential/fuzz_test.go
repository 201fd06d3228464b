package differential

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// fuzzFlags are the flags that a fuzz input can set, one bit each.
var fuzzFlags = []string{
	"--max-fails=1", "--max-fails=3", "--ignore-non-json-output-lines", "--hide-summary=skipped", "--hide-summary=output",
	"--jsonfile=a.json", "--jsonfile-timing-events=b.json", "--format-hide-empty-pkg", "--format-icons=text", "--no-color=false",
	"--rerun-fails=1", "--rerun-fails-run-root-test", "--rerun-fails-report=report.txt", "--post-run-command=replay -env", "--debug",
}

// FuzzDifferential plays a changed stream to both programs. Edits change the lines of the
// input again, because a fuzzer that changes bytes mostly makes lines that are not JSON.
// flags are the bits of fuzzFlags, and format is an index into allFormats and the aliases.
func FuzzDifferential(f *testing.F) {
	shardtest.Expensive(f, "runs gotestsum and gotestshard")
	p := buildPrograms(f)
	for i, seed := range fuzzSeeds(f) {
		f.Add(seed, []byte{byte(i), 3, 0, 40, byte(2 * i), 90}, uint8(2*i), uint16(1)<<(i%len(fuzzFlags))|uint16(i*77))
	}
	f.Fuzz(func(t *testing.T, text, edits []byte, format uint8, flags uint16) {
		text = editLines(text, edits)
		if len(text) > 60_000 {
			t.Skip("too long for a line")
		}
		streams := map[string]testStream{"fuzz": {stdout: text, exit: int(flags) % 3}}
		s := streams["fuzz"]
		s.timeless = true // events may have no package, and times may have no value
		streams["fuzz"] = s

		dir, err := os.MkdirTemp(p.dir, "fuzz")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		writeStreams(t, dir, streams)
		formats := append(slices.Clip(allFormats), aliases...)
		c := diffCase{
			play: "fuzz", args: []string{"--format=" + formats[int(format)%len(formats)]}, env: []string{"STREAMS=" + dir},
			timeless: true, anyOrder: true, chance: true,
		}
		for i, flag := range fuzzFlags {
			if flags&(1<<i) != 0 {
				c.args = append(c.args, flag)
			}
		}
		theirs, ours := p.both(t, c)
		if crashed(ours) {
			t.Errorf("%s\ncrashes on\n%q\n%s", c.commandLine(), text, ours.stderr)
		}
		nameless := strings.Contains(theirs.stdout, "=== FAIL:   (unknown)") // gotestsum often crashes on this
		if crashed(theirs) || nameless || strings.Contains(theirs.stderr, "token too long") {
			return
		}
		if difference := compare(theirs, ours); difference != "" {
			t.Errorf("%s\ndiffers on\n%s\n%s", c.commandLine(), text, difference)
		}
	})
}

// editLines drops, repeats, swaps and cuts lines. Two bytes per edit select the action and
// the line.
func editLines(text, edits []byte) []byte {
	lines := bytes.SplitAfter(bytes.Clone(text), []byte("\n"))
	for len(edits) > 1 && len(lines) > 1 && len(lines) < 1000 {
		what, at := edits[0]%5, int(edits[1])%(len(lines)-1)
		edits = edits[2:]
		switch what {
		case 0:
			lines = append(lines[:at], lines[at+1:]...)
		case 1:
			lines = append(lines, lines[at])
		case 2:
			lines[at], lines[at+1] = lines[at+1], lines[at]
		case 3:
			lines[at] = lines[at][:len(lines[at])/2]
		case 4:
			lines = lines[:at+1]
		}
	}
	return bytes.Join(lines, nil)
}

// fuzzSeeds returns the beginnings of the recorded streams.
func fuzzSeeds(f *testing.F) [][]byte {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(streamsFolder, "recorded/*.out"))
	if err != nil || len(files) == 0 {
		f.Fatal("no recorded streams", err)
	}
	var seeds [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		lines := bytes.SplitAfter(text, []byte("\n"))
		seeds = append(seeds, bytes.Join(lines[:min(len(lines), 25)], nil))
	}
	return seeds
}
