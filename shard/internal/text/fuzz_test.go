package text

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/framing"
	"github.com/gotestshard/gotestshard/shard/internal/framing/framingtest"
)

// recordedText returns what recorded test processes printed, by name.
func recordedText(t testing.TB) ([]string, map[string][]byte) {
	files, err := filepath.Glob(filepath.Join("testdata", "recorded", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded text", err)
	}
	var names []string
	texts := map[string][]byte{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		names = append(names, name)
		if texts[name], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return names, texts
}

// FuzzMerge merges recorded processes, cut and mixed at random, and checks with the go
// command's converter that each test has exactly what it printed.
func FuzzMerge(f *testing.F) {
	names, texts := recordedText(f)
	without := map[string]ownText{}
	f.Add(uint64(1), uint32(1<<len(names)-1), false)
	for i, name := range names {
		without[name] = withoutOwn(texts[name])
		f.Add(uint64(i), uint32(1<<i), false)
		if i%2 == 0 { // each text is in a pair
			f.Add(uint64(i), uint32(1<<i|1<<(i+1)), i%4 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, seed uint64, which uint32, twice bool) {
		var chosen [][]byte
		var suffixes []string
		var owns []ownText
		for i, name := range names {
			if which&(1<<i) == 0 {
				continue
			}
			chosen, suffixes, owns = append(chosen, texts[name]), append(suffixes, ""), append(owns, without[name])
			if twice {
				chosen, suffixes, owns = append(chosen, texts[name]), append(suffixes, fmt.Sprintf("@gw%d", i)), append(owns, without[name])
			}
		}
		if len(chosen) == 0 {
			return
		}
		got, gotPkg := framingtest.Histories(framingtest.Convert(t, merged(t, chosen, suffixes, rand.New(rand.NewPCG(seed, 0)), true)))
		var alone []map[string][]string
		wantPkg := []string{"PASS\n"} // of Finish
		shuffled, noTests := false, true
		before := newEarly()
		for _, own := range owns {
			rest := own.rest
			if end := bytes.IndexByte(rest, framing.Marker); end > 0 {
				if _, known := before.add(rest[:end], true); known {
					rest = rest[end:]
				}
			}
			if len(chosen) > 1 {
				rest = append([]byte("\x16=== NAME  \n"), rest...) // apparent framing during init is not framing
			}
			tests, pkg := framingtest.Histories(convertOnce(t, slices.Concat(rest, []byte("\x16=== NAME  \n"))))
			failOpen(tests)
			alone = append(alone, tests)
			wantPkg = append(wantPkg, pkg...)
			shuffled = shuffled || own.shuffle
			noTests = noTests && own.noTests
		}
		if shuffled {
			wantPkg = append(wantPkg, "-test.shuffle 7\n")
		}
		if noTests {
			wantPkg = append(wantPkg, noTestsWarning)
		}
		wantPkg = slices.AppendSeq(wantPkg, strings.Lines(before.notes()))
		slices.Sort(gotPkg)
		slices.Sort(wantPkg)
		if !slices.Equal(gotPkg, wantPkg) {
			t.Errorf("at the level of the package:\n%s", framingtest.Difference(gotPkg, wantPkg))
		}
		checkTests(t, got, alone, suffixes)
	})
}

// convertedTexts is the cache of convertOnce.
var convertedTexts sync.Map

// convertOnce is framingtest.Convert for a text that is used repeatedly.
func convertOnce(t *testing.T, text []byte) []framingtest.Event {
	if events, ok := convertedTexts.Load(string(text)); ok {
		return events.([]framingtest.Event)
	}
	events := framingtest.Convert(t, text)
	convertedTexts.Store(string(text), events)
	return events
}

var (
	ownVerdict = regexp.MustCompile("(testing: warning: no tests to run\n)?\x16(PASS|FAIL)\ncoverage: [^\n]*\n")
	ownShuffle = regexp.MustCompile("(?m)^-test.shuffle 7\n")
)

// ownText is a recorded text without what m.Run prints once.
type ownText struct {
	rest             []byte
	shuffle, noTests bool
}

func withoutOwn(text []byte) (own ownText) {
	own.shuffle = ownShuffle.Match(text)
	if match := ownVerdict.FindSubmatch(text); match != nil {
		own.noTests = len(match[1]) > 0
	}
	own.rest = ownVerdict.ReplaceAll(ownShuffle.ReplaceAll(text, nil), []byte("\x16=== NAME  \n"))
	return own
}

// framingTexts are the seeds of FuzzMergeFraming; \x01 stands for a thousand bytes.
var framingTexts = [][3]string{
	{
		"init\n\x16=== RUN   TestA\nx\n\x16--- PASS: TestA (0.00s)\ny\n\x16=== NAME  \n\x16PASS\nafter",
		"\x16=== RUN   TestA/b\nhalf\x16--- FAIL: TestA/b (1.00s)\n",
		"--- FAIL: x\n",
	},
	{
		"\x16=== RUN   TestA\n\x16=== PAUSE TestA\n\x16=== NAME\n\x16=== RUN   TestB\n\x16=== CONT  TestA\r\n",
		"\x16=== ATTR  TestA k v\n\x16=== ARTIFACTS TestA /x y\n",
		"\x16    --- PASS: TestA\n",
	},
	{
		"a\x01\x01\x01\x01\x01\x16=== RUN   TestA\n\x01\x01\x01\x01\x01\n\x16--- PASS: TestA",
		"b\x16\x16\x16c\x16=== RUN   Test\x01\x01\x01\x01\x01\n",
		"\x16FAIL\tpkg\nq\x16FAIL\nq",
	},
	{
		"\x16--- SKIP: TestA\n\x01\x01\x01\x01\x01\x16=== RUN   TestB\n\x16=== RU",
		"BenchmarkX\t\x16=== RUN   TestA\nBenchmark \t\x16=== RUN   TestB\n",
		"\xe2\x82\xac\xe2\x82\x16=== SKIP  TestA\n\xac\n",
	},
}

// FuzzMergeFraming merges any text, against a model of test2json.
func FuzzMergeFraming(f *testing.F) {
	for i, texts := range framingTexts {
		f.Add([]byte(texts[0]), []byte(texts[1]), []byte(texts[2]), uint64(i))
	}
	f.Fuzz(func(t *testing.T, a, b, c []byte, seed uint64) {
		texts := [][]byte{a, b, c}
		if !modelled(texts) {
			return
		}
		for i := range texts {
			texts[i] = apart(texts[i], i)
		}
		suffixes := []string{"@0", "@1", "@2"}
		random := rand.New(rand.NewPCG(seed, 0))
		got, gotPkg := framingtest.Histories(framingtest.Model(merged(t, texts, suffixes, random, false), framing.MaxLine))
		var alone []map[string][]string
		var wantPkg string
		for i, text := range texts {
			text = append([]byte("\x16=== NAME  \n"), text...)
			tests, pkg := framingtest.Histories(framingtest.Model(text, framing.MaxLine-len(suffixes[i])))
			alone = append(alone, tests)
			wantPkg += strings.Join(pkg, "")
			single := merged(t, [][]byte{text, nil}, []string{suffixes[i], ""}, random, false)
			if _, got := framingtest.Histories(framingtest.Model(single, framing.MaxLine)); strings.Join(got, "") != strings.Join(pkg, "") {
				t.Errorf("process %d alone, at the level of the package:\n%s", i, framingtest.Difference(got, pkg))
			}
		}
		checkTests(t, got, alone, suffixes)
		// The order in which lines of several processes mix depends on the pieces.
		if sortedBytes(strings.Join(gotPkg, "")) != sortedBytes(wantPkg) {
			t.Errorf("at the level of the package: got %q, want %q", gotPkg, wantPkg)
		}
	})
}

// apart makes a text begin with its number, unless that is a framing line. So no two
// texts have the same beginning, which the merge would write only once.
func apart(text []byte, number int) []byte {
	if len(text) > 0 && text[0] == framing.Marker {
		end, whole := lineEnd(text[1:], false)
		if _, ok := framing.Parse(text[1 : 1+end]); ok && whole && !tooLong(end, text[end] == '\n') {
			return text
		}
	}
	return append([]byte{byte('0' + number)}, text...)
}

func sortedBytes(s string) string {
	b := []byte(s)
	slices.Sort(b)
	return string(b)
}

// modelled lengthens texts, and reports whether the model supports them.
func modelled(texts [][]byte) bool {
	long := []byte(strings.Repeat("lé€ng", 125))
	silent := map[string]bool{}
	for i := range texts {
		if texts[i] = bytes.ReplaceAll(texts[i], []byte{1}, long); len(texts[i]) > maxHeldEnd {
			return false
		}
		for _, word := range []string{"@", "coverage: ", "-test.shuffle ", "testing: warning"} {
			if bytes.Contains(texts[i], []byte(word)) {
				return false
			}
		}
		began := false
		for _, line := range bytes.Split(texts[i], []byte{framing.Marker})[1:] {
			line, _, _ = bytes.Cut(line, []byte{'\n'})
			_, known := framing.Parse(line)
			began = began || known && !tooLong(len(line)+len("@0"), true)
			if !known && bytes.HasPrefix(line, []byte("=== ")) && bytes.IndexByte(line[4:], ' ') >= 0 {
				return false // of a later Go, see framing.ParseLater
			}
		}
		if !began { // equal texts of such processes are written once
			words := lastWords(bytes.ReplaceAll(texts[i], []byte{framing.Marker}, nil))
			if silent[words] {
				return false
			}
			silent[words] = true
		}
	}
	return true
}

// TestMergeFramingReal runs the seeds of FuzzMergeFraming through test2json.
func TestMergeFramingReal(t *testing.T) {
	for i, seed := range framingTexts {
		for n := range uint64(4) {
			t.Run(fmt.Sprint(i, " ", n), func(t *testing.T) {
				texts := [][]byte{[]byte(seed[0]), []byte(seed[1]), []byte(seed[2])}
				if !modelled(texts) {
					t.Fatal("the model does not have it")
				}
				suffixes := []string{"@0", "@1", "@2"}
				got := merged(t, texts, suffixes, rand.New(rand.NewPCG(n, 0)), false)
				events := framingtest.Model(got, framing.MaxLine)
				for i := range events {
					events[i].Output = string([]rune(events[i].Output)) // as in JSON
				}
				real, _ := framingtest.Histories(framingtest.Convert(t, got))
				model, _ := framingtest.Histories(events)
				for name, history := range model {
					if !slices.Equal(real[name], history) {
						t.Errorf("%.100s: test2json has\n%s of the model", name, framingtest.Difference(real[name], history))
					}
				}
			})
		}
	}
}
