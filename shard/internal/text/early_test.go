package text

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestMergeSaysOnce tests the text of several processes that end before their first test,
// for example because TestMain panics.
func TestMergeSaysOnce(t *testing.T) {
	long := strings.Repeat("a long line\n", maxHeldEnd/12+1)
	for _, c := range []struct {
		name string
		says [3]string // of three processes, complete
		want string
	}{
		{"the same", [3]string{"panic: x\n", "panic: x\n", "panic: x\n"}, "^=== NAME  \npanic: x\n"},
		{"without a newline", [3]string{"panic: x", "panic: x", "panic: x"}, "^=== NAME  \npanic: x"},
		{"other addresses", [3]string{"init\nf(0xc01)\n", "init\nf(0xc02)\n", "init\nf(0xc03)\n"}, "^=== NAME  \ninit\nf(0xc01)\n"},
		{"traces", [3]string{
			"panic: x\n\ngoroutine 1 gp=0xc0 m=0 [running]:\nf(0xc1?, 0x1)\n\ngoroutine 2 [idle]:\ng()\n",
			"panic: x\n\ngoroutine 7 gp=0xc1 m=3 [running]:\nf(0xc2, 0x1)\n\ngoroutine 3 [GC]:\ng()\n",
			"panic: x\n\ngoroutine 7 gp=0xc1 m=3 [running]:\nother(0xc2, 0x1)\n",
		}, "^=== NAME  \npanic: x\n\ngoroutine 1 gp=0xc0 m=0 [running]:\nf(0xc1?, 0x1)\n\ngoroutine 2 [idle]:\ng()\n" +
			"^=== NAME  \npanic: x\n\ngoroutine 7 gp=0xc1 m=3 [running]:\nother(0xc2, 0x1)\n"},
		{"others", [3]string{"panic: x\n", "panic: y\n", "panic: x\n"}, "^=== NAME  \npanic: x\n^=== NAME  \npanic: y\n"},
		{"the first prints nothing", [3]string{"", "panic: x\n", "panic: x\n"}, "^=== NAME  \npanic: x\n"},
		{"nothing", [3]string{}, ""},
		{"one runs a test", [3]string{"init\n", "init\n^=== RUN   TestA\n", "init\n"}, "^=== NAME  \ninit\n^=== RUN   TestA\n"},
		{"the first runs a test", [3]string{"init\n^=== RUN   TestA\n", "init\n", "init\n"}, "^=== NAME  \ninit\n^=== RUN   TestA\n"},
		{"so much is not kept", [3]string{"", long, long}, "^=== NAME  \n" + long + "^=== NAME  \n" + long},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			var processes []*Process
			for range c.says {
				processes = append(processes, merge.Process(Options{Now: fixedClock}))
			}
			says(t, processes[0], c.says[0]) // written at once
			for i, p := range processes {
				if i > 0 {
					says(t, p, c.says[i])
				}
				p.End()
			}
			got := strings.ReplaceAll(out.String(), "\x16", "^")
			if got != c.want {
				t.Errorf("got  %.200q\nwant %.200q", got, c.want)
			}
		})
	}
}

// TestMergeWaitsForTheFirst: the text of a later process that ends without a test is
// written when it is known whether the first process prints the same.
func TestMergeWaitsForTheFirst(t *testing.T) {
	for name, c := range map[string]struct {
		decide func(t *testing.T, merge *Merge, first *Process)
		want   string
	}{
		"it prints the same":      {func(t *testing.T, _ *Merge, first *Process) { says(t, first, " x\n"); first.End() }, "^=== NAME  \npanic: x\n"},
		"it prints more":          {func(t *testing.T, _ *Merge, first *Process) { says(t, first, " y\n"); first.End() }, "^=== NAME  \npanic: y\n^=== NAME  \npanic: x\n"},
		"it runs a test":          {func(t *testing.T, _ *Merge, first *Process) { says(t, first, "\n^=== RUN   TestA\n") }, "^=== NAME  \npanic:\n^=== NAME  \npanic: x\n^=== RUN   TestA\n"},
		"it has a verdict":        {func(t *testing.T, _ *Merge, first *Process) { says(t, first, "\n^PASS\n") }, "^=== NAME  \npanic:\n^=== NAME  \npanic: x\n"},
		"no process waits longer": {func(_ *testing.T, merge *Merge, _ *Process) { merge.Line("a line") }, "^=== NAME  \npanic: x\n^=== NAME  \na line\n"},
		"a test is reported":      {func(_ *testing.T, merge *Merge, _ *Process) { merge.Test("TestB", "", "FAIL") }, "^=== NAME  \npanic: x\n^=== RUN   TestB\n^--- FAIL: TestB (0.00s)\n^=== NAME  \n"},
		"the end":                 {func(_ *testing.T, merge *Merge, _ *Process) { _ = merge.Finish("FAIL", "") }, "^=== NAME  \npanic: x\n^FAIL\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			first, second := merge.Process(Options{Now: fixedClock}), merge.Process(Options{Now: fixedClock})
			says(t, first, "panic:")
			says(t, second, "panic: x\n")
			second.End()
			if out.Len() > 0 {
				t.Errorf("it does not wait: %q", out.String())
			}
			c.decide(t, merge, first)
			if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestMergeSaysEarlyWordsOnce tests what processes print before their first tests, in any
// order: equal text is written once, with a note at the end of how many processes printed
// it.
func TestMergeSaysEarlyWordsOnce(t *testing.T) {
	const (
		a, b, c = "^=== RUN   TestA\n", "^=== RUN   TestB\n", "^=== RUN   TestC\n"
		name    = "^=== NAME  \n"
		end     = "\x00" // of the process
	)
	note := func(count int, what string) string {
		return fmt.Sprintf("gotestshard: %d test processes printed this before their first test, and it is shown once: %s\n", count, what)
	}
	long, kept := strings.Repeat("a long line\n", maxHeldEnd/12+1), strings.Repeat("a long line\n", maxHeldEnd/12)
	for what, test := range map[string]struct {
		says []string // each with the number of its process in front
		want string
	}{
		"one after another": {[]string{"1seed: 42\n" + a, "2seed: 42\n" + b, "3seed: 42\n" + c},
			name + "seed: 42\n" + a + b + c + name + note(3, `"seed: 42"`)},
		"the others first": {[]string{"2seed: 42\n" + b, "3seed: 42\n" + c, "1seed: ", "142\n", "1" + a},
			b + c + name + "seed: 42\n" + a + name + note(3, `"seed: 42"`)},
		"another between": {[]string{"1seed: 42\n", "2seed: 42\n" + b, "1" + a}, name + "seed: 42\n" + b + a + name + note(2, `"seed: 42"`)},
		"the first prints more": {[]string{"1seed: 42\n", "2seed: 42\n" + b, "1ready\n", "1" + a},
			name + "seed: 42\n" + b + name + "seed: 42\n" + name + "ready\n" + a},
		"the first prints less":    {[]string{"1seed: ", "2seed: 42\n" + b, "1" + a}, b + name + "seed: " + name + "seed: 42\n" + a},
		"the first prints nothing": {[]string{"2seed: 42\n" + b, "1" + a}, b + name + "seed: 42\n" + a},
		"something else": {[]string{"1seed: 1\n", "2seed: 2\n" + b, "3seed: 2\n" + c, "1" + a},
			name + "seed: 1\n" + name + "seed: 2\n" + b + c + name[:0] + a + name + note(2, `"seed: 2"`)},
		"two texts": {[]string{"1x\n" + a, "2y\n" + b, "3x\n" + c, "4y\nz\n" + a, "5y\n" + a, "6y\nz\n" + a},
			name + "x\n" + a + name + "y\n" + b + c + name + "y\nz\n" + a + a + a + name +
				note(2, `"x"`) + note(2, `"y"`) + note(2, `"y" to "z", 2 lines`)},
		"many lines":             {[]string{"1\n\n  x \ny\n" + a, "2\n\n  x \ny\n" + b}, name + "\n\n  x \ny\n" + a + b + name + note(2, `"x" to "y", 4 lines`)},
		"half a line":            {[]string{"1x" + a, "2x" + b, "3x\n" + c}, name + "x" + a + b + name + "x\n" + c + name + note(2, `"x"`)},
		"half a line that waits": {[]string{"2x" + b, "1y\n" + a}, b + name + "x" + name + "y\n" + a},
		"blank lines":            {[]string{"1\n" + a, "2\n" + b}, name + "\n" + a + b},
		"nothing":                {[]string{"1" + a, "2" + b}, a + b},
		"escapes":                {[]string{"1\x1b[31m::x::\n" + a, "2\x1b[31m::x::\n" + b}, name + "\x1b[31m::x::\n" + a + b + name + note(2, `"\x1b[31m::x::"`)},
		"a long line":            {[]string{"1" + long[:900] + a, "2" + long[:900] + b}, name + long[:900] + a + b + name + note(2, `"a long line" to "a long line", 75 lines`)},
		"a seed": {[]string{"2x\n-test.shuffle 7\n" + b, "1x\n-test.shuffle 7\n" + a, "3x\n-test.shuffle 7\n" + c},
			name + "-test.shuffle 7\n" + b + name + "x\n" + a + c + name + note(3, `"x"`)},
		"a verdict":                 {[]string{"1x\n" + a, "2x\ntesting: warning: no tests to run\n^PASS\n"}, name + "x\n" + a + name + note(2, `"x"`)},
		"without a test":            {[]string{"1x\n" + a, "2x\n" + end, "3x\n" + b}, name + "x\n" + a + b + name + note(3, `"x"`)},
		"the first without a test":  {[]string{"2x\n" + b, "1x\n" + end, "3x\n" + end}, b + name + "x\n" + name + note(3, `"x"`)},
		"none with a test":          {[]string{"1x\n" + end, "2x\n" + end, "3x\n" + end}, name + "x\n"},
		"the first never prints it": {[]string{"2x\n" + b, "1" + end}, b + name + "x\n"},
		"the first has ended":       {[]string{"1x\n" + end, "2x\ny\n" + b, "3x\n"}, name + "x\n" + name + "x\ny\n" + b},
		"more comes after its end":  {[]string{"2x\n" + b, "1" + end, "2more\n"}, b + name + "x\n^=== NAME  TestB\nmore\n"},
		"the end":                   {[]string{"2x\n" + b}, b + name + "x\n"},
		"so much is not kept":       {[]string{"1" + long, "2" + long + b, "1" + a}, name + long + name + long + b + a},
		"so much is":                {[]string{"1" + kept, "2" + kept + b, "1" + a}, name + kept + b + a + name + note(2, fmt.Sprintf(`"a long line" to "a long line", %d lines`, maxHeldEnd/12))},
		"more than waits":           {[]string{"2" + kept + b, "3y\n" + kept[12:] + c, "1" + a}, b + name + "y\n" + kept[12:] + c + name + kept + a},
	} {
		t.Run(what, func(t *testing.T) {
			var out bytes.Buffer
			merge := NewMerge(&out)
			var processes []*Process
			for range 6 {
				processes = append(processes, merge.Process(Options{Now: fixedClock}))
			}
			for _, said := range test.says {
				p := processes[said[0]-'1']
				said, ends := strings.CutSuffix(said[1:], end)
				says(t, p, said)
				if ends {
					p.End()
				}
			}
			if err := merge.Finish("", ""); err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(out.String(), "\x16", "^"); got != test.want {
				t.Errorf("got  %.800q\nwant %.800q", got, test.want)
			}
		})
	}
}
