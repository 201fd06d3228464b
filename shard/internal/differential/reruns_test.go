package differential

import "strings"

// stillFails plays a stream in which one test fails again and again. A rerun of one test
// that plays a stream with five failures runs five tests the next time.
const stillFails = "fail,flaky3"

// addReruns has sequences of streams: the first run and the reruns.
func (c *cases) addReruns() {
	play := []string{
		"flaky0,flaky1,flaky2,flaky3,flaky4", // everything passes at the end
		"flaky0,flaky1,flaky2,flaky3",
		"flaky0,pass",
		"flaky0,flaky1,build",       // a rerun that does not build
		"flaky0,flaky1,panic",       // a rerun that panics
		"flaky0,flaky1,made-exit2",  // with unexpected output
		"flaky0,flaky1:2,flaky2",    // with an unexpected exit code
		"flaky0,made-nothing",       // without tests
		"flaky0,made-nothing:1",     //
		"flaky0,flaky1,made-cut",    // with text that is not JSON at its end
		"flaky0,flaky1,made-killed", // a rerun that was killed
		"flaky0,skip",
		"fail", "fail:0", "fail,pass", "fail,fail:0,flaky3:0", "names", "names,pass", "same", "parallel", "count", "race", "race,race,pass", "fuzz", "example",
		"panic", "panicsub", "panicinit", "testmain", "testmain,pass", "exit", "exit,pass", "timeout", "build", "buildtext", "missing", "bench",
		"shuffle", "cover", "failfast", "output", "long", "attr", "badflag", "pass", "pass:1", "skip:1", "empty:1",
		"made-noend", "made-nosubtestend", "made-norun", "made-nopackageend", "made-liar", "made-stderr", "made-notime", "made-nonjson", "made-slow",
	}
	c.add(play, "--rerun-fails")
	for _, p := range play {
		if !strings.Contains(p, ",") {
			p += ",flaky3"
		}
		c.add([]string{p}, "--rerun-fails=3 --rerun-fails-run-root-test --rerun-fails-report=report.txt --rerun-fails-max-failures=100 --jsonfile=a.json")
	}
	some := append(play[:12:12], stillFails, "fail,flaky3:0", "names,pass", "race,race,pass", "bench", "build", "panic")
	for i, flags := range []string{
		"--rerun-fails=1", "--rerun-fails=3", "--rerun-fails --rerun-fails-run-root-test",
		"--rerun-fails --rerun-fails-abort-on-data-race", "--rerun-fails --rerun-fails-max-failures=3", "--rerun-fails --rerun-fails-max-failures=0",
		"--rerun-fails --rerun-fails-report=report.txt --jsonfile=a.json --jsonfile-timing-events=b.json",
		"--rerun-fails=4 --rerun-fails-run-root-test --rerun-fails-report=report.txt --rerun-fails-max-failures=100",
		"--rerun-fails --hide-summary=all --format=testname", "--rerun-fails --hide-summary=output --debug",
	} {
		c.add(every(2, i, some), flags)
	}
	some = []string{"flaky0,flaky1,flaky2,flaky3,flaky4", stillFails, "names,pass"}
	for _, format := range allFormats {
		c.add(some, "--rerun-fails=3 --format="+format)
	}
	for _, flags := range []string{
		"--max-fails=1", "--max-fails=5", "--max-fails=6", "--max-fails=8", "--max-fails=100", "--ignore-non-json-output-lines", "--packages=./flaky",
		"TEST_DIRECTORY=./flaky", "--rerun-fails-abort-on-data-race --rerun-fails-run-root-test --rerun-fails-max-failures=2",
		"CI=true GITHUB_ACTIONS=true",
	} {
		// The environment comes first.
		if env, _, isEnv := strings.Cut(flags, " "); isEnv && !strings.HasPrefix(env, "-") || strings.HasPrefix(flags, "TEST_") {
			c.add(append(some, "flaky0,made-nonjson"), flags+" --rerun-fails --rerun-fails-report=report.txt")
			continue
		}
		c.add(append(some, "flaky0,made-nonjson"), "--rerun-fails --rerun-fails-report=report.txt "+flags)
	}
	for _, p := range some {
		c.postRun(p, "replay -env", "--rerun-fails")
		c.postRun(p, "replay -env 2", "--rerun-fails", "--rerun-fails-report=report.txt")
		// Arguments of the command come before those of a rerun.
		c.addCase(diffCase{args: []string{"--rerun-fails", "--raw-command", "replay", p, "-v", "-run=Test", "-args", "x"}})
		c.addCase(diffCase{args: []string{"--rerun-fails", "--raw-command", "replay", p, "-failfast"}})
		c.addCase(diffCase{args: []string{"--rerun-fails", "--raw-command", "replay", p, "--test.failfast"}})
	}
}

// addRefused has command lines that cause an error, and those that only print.
func (c *cases) addRefused() {
	for _, line := range []string{
		"--raw-command", "--raw-command --", "--raw-command no-such-command a b", "--raw-command ./folder",
		"--debug --raw-command no-such-command", "--rerun-fails -- -v", "--rerun-fails -- -failfast", "--rerun-fails --packages=./a -- -failfast",
		"TEST_DIRECTORY=./a --rerun-fails -- -v", "--rerun-fails --packages=./a -- --test.failfast",
		"--unknown", "--unknown=1", "-x", "-x=1", "-vx", "--no-color=maybe", "--max-fails", "--max-fails=a", "--max-fails=1.5", "--rerun-fails=a",
		"--hide-summary=unknown", "--hide-summary=skipped,unknown", "--hide-summary='", "--hide-summary=a\"b", "--no-summary=unknown",
		"--post-run-command='a", "--junitfile-testsuite-name=unknown", "--junitfile-testcase-classname=unknown", "--format", "-f",
		"--debug=2", "--=1", "---", "--no-color=false=1", "--max-fails=99999999999999999999", "--packages",
		"--help", "-h", "help", "? a", "--version", "--version --format=unknown", "help --unknown", "--format=unknown --help", "--unknown --help",
	} {
		words := strings.Fields(line)
		env := 0
		if strings.Contains(words[0], "=") && !strings.HasPrefix(words[0], "-") {
			env = 1
		}
		c.addCase(diffCase{env: words[:env:env], args: words[env:]})
		c.addCase(diffCase{env: append(words[:env:env], "CI=1", "TRAVIS=1"), args: words[env:]})
	}
	for _, format := range []string{"unknown", "", "Dots", "dots-v3", "json"} {
		if format == "json" {
			continue // only gotestshard has this format
		}
		c.add([]string{"pass", "fail"}, "--format="+format)
		c.add([]string{"pass"}, "GOTESTSUM_FORMAT="+format)
		c.add([]string{"fail"}, "CI=1 TRAVIS=1 --format="+format)
	}
}

// realCases returns cases that run the go command on packages of the module.
func realCases() []diffCase {
	var c cases
	for _, line := range []string{
		"-- -count=1 ./pass ./skip ./empty",
		"--format=testname -- -count=1 ./fail/...",
		"--format=standard-verbose -- -count=1 -v -run=Double|Logs ./pass",
		"--format=testdox --packages=./pass -- -cover",
		"--packages=./skip --packages=./same -- -count=1 -short",
		"TEST_DIRECTORY=./pass --format=pkgname -- -count=1",
		"TEST_DIRECTORY=./pass --packages=./same",
		"TEST_DIRECTORY=./skip",
		"--jsonfile=a.json --jsonfile-timing-events=b.json -- -json -count=1 ./attr",
		"-- ./broken/build ./broken/missing",
		"--rerun-fails --packages=./broken/test",
		"--rerun-fails=3 --rerun-fails-report=report.txt --packages=./flaky",
		"--rerun-fails=3 --rerun-fails-run-root-test --format=testname --packages=./flaky -- -run=Once|Twice|Subs -count=1",
		"--rerun-fails --packages=./flaky -- -run Subs -args -x y",
		"--rerun-fails --packages=./testmain/after",
		"--format=github-actions -- -run=Nothing ./fail",
		"--debug -- -vet=off -count=1 -args ./pass -v",
		"-- -count=x ./pass",
	} {
		words := strings.Fields(line)
		env := 0
		if !strings.HasPrefix(words[0], "-") {
			env = 1
		}
		c.addCase(diffCase{module: true, env: words[:env:env], args: words[env:]})
	}
	return c
}
