package differential

import (
	"maps"
	"slices"
	"strings"
)

// fewestCases is the minimum number of cases, so that no cases get lost without a failing
// test.
const fewestCases = 2663

var (
	allFormats = []string{
		"dots", "dots-v2", "pkgname", "pkgname-and-test-fails", "testname", "testdox", "github-actions", "standard-quiet", "standard-verbose",
		"standard-json", "debug", "none", // hidden
	}
	// quickFormats are the formats that also get the made-up streams, which test
	// reading and not formatting.
	quickFormats   = []string{"dots", "pkgname", "testname", "testdox", "github-actions", "standard-verbose"}
	aliases        = []string{"dots-v1", "short", "short-with-failures", "short-verbose", "gotestdox", "github-action"}
	compactFormats = []string{"pkgname", "pkgname-and-test-fails", "testdox", "dots-v2"}
	allIcons       = []string{"default", "hivis", "text", "codicons", "octicons", "emoticons", "unknown", ""}
)

// cases collects command lines.
type cases []diffCase

// add adds a case with the arguments, split at blanks, for each stream. Words NAME=VALUE
// before the first flag are environment variables.
func (c *cases) add(play []string, line string) {
	words := strings.Fields(line)
	flags := 0
	for flags < len(words) && !strings.HasPrefix(words[flags], "-") && strings.Contains(words[flags], "=") {
		flags++
	}
	for _, p := range play {
		c.addCase(diffCase{play: p, env: words[:flags:flags], args: words[flags:]})
	}
}

func (c *cases) addCase(d diffCase) { *c = append(*c, d) }

func cannedCases(streams map[string]testStream) []diffCase {
	names := slices.Sorted(maps.Keys(streams))
	var c cases
	recorded := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return strings.HasPrefix(name, "made-") })
	for _, format := range allFormats {
		if slices.Contains(quickFormats, format) {
			c.add(names, "--format="+format)
		} else {
			c.add(recorded, "--format="+format)
		}
	}
	for _, format := range aliases {
		c.add([]string{"fail", "skip", "empty", "build", "panic", "names", "output", "cover", "made-nonjson"}, "--format="+format)
		c.add([]string{"fail", "empty"}, "CI=true GITHUB_ACTIONS=true --format-icons=text --format-hide-empty-pkg --format="+format)
	}
	c.addIcons()
	c.addColours()
	c.addFlags()
	c.addPairs()
	c.addFiles()
	c.addReruns()
	c.addRefused()
	c.addJUnit(names)
	c.addTools()
	return c
}

func (c *cases) addIcons() {
	play := []string{"pass", "fail", "skip", "empty", "cached", "made-noend"}
	for i, icons := range allIcons {
		for j, format := range compactFormats {
			c.add(every(3, i+j, play), "--format="+format+" --format-icons="+icons)
		}
	}
	for _, format := range compactFormats {
		c.add(play, "--format-hivis --format="+format)
		c.add(play, "--format-hide-empty-pkg --format="+format)
		c.add([]string{"fail"}, "--format-hivis --format-icons=text --format="+format)
		c.add([]string{"fail"}, "--format-hivis=false --format-icons=text --format="+format)
		c.add([]string{"onlyempty", "empty", "notests"}, "--format-hide-empty-pkg --format-icons=text --format="+format)
		c.add([]string{"skip"}, "GOTESTSUM_FORMAT_ICONS=octicons --format="+format)
		c.add([]string{"skip"}, "GOTESTSUM_FORMAT_ICONS=octicons --format-icons=text --format="+format)
		c.add([]string{"skip"}, "GOTESTSUM_FORMAT="+format)
		c.add([]string{"skip"}, "GOTESTSUM_FORMAT=unknown --format="+format)
	}
}

// addColours has the variables of CI systems. Some of them enable colour.
func (c *cases) addColours() {
	play := []string{"fail", "skip", "build"}
	for i, env := range []string{
		"CI=true", "CI=", "CI=false APPVEYOR=", "CI=true BUILDKITE=true", "CI=true CIRCLECI=true", "CI=true DRONE=true",
		"CI=true GITEA_ACTIONS=true", "CI=true GITHUB_ACTIONS=true", "CI=true GITLAB_CI=true", "CI=true TRAVIS=true",
		"CI=true CI_NAME=codeship", "CI=true CI_NAME=other", "CI=woodpecker", "TEAMCITY_VERSION=1", "GITHUB_ACTIONS=true",
		"NO_COLOR=1", "NO_COLOR=1 CI=true TRAVIS=1", "NO_COLOR= CI=true TRAVIS=1", "FORCE_COLOR=1", "TERM=dumb",
	} {
		c.add(every(3, i, play), env)
		c.add(every(3, i+1, play), env+" --no-color --format=testname")
		c.add(every(3, i+2, play), env+" --no-color=false --format=testname")
		c.add([]string{stillFails}, env+" --rerun-fails")
		c.add([]string{"made-cut"}, env) // an error of the program itself
	}
	for _, format := range allFormats {
		c.add([]string{"fail", "skip", "build", "names", "made-nonjson"}, "CI=true GITHUB_ACTIONS=true --format="+format)
		c.add([]string{"fail"}, "GITHUB_ACTIONS=false --format="+format)
		c.add([]string{"fail", "skip"}, "--no-color=false --format="+format)
	}
}

// every returns every n-th stream. The parameter first chooses which ones: with n consecutive
// values of it, each stream is there once.
func every(n, first int, streams []string) (some []string) {
	for i, stream := range streams {
		if (first+i)%n == 0 {
			some = append(some, stream)
		}
	}
	return some
}

// addFlags has each flag alone, with several values.
func (c *cases) addFlags() {
	play := []string{"pass", "fail", "build", "skip", "race", "timeout", "made-nonjson", "made-noend"}
	for _, flag := range []string{ // what they do depends on the stream
		"", "--format-hide-empty-pkg", "--ignore-non-json-output-lines", "--jsonfile=out.json", "--jsonfile-timing-events=out.json",
		"--hide-summary=skipped", "--hide-summary=failed", "--hide-summary=errors", "--hide-summary=output", "--hide-summary=all",
		"--hide-summary=skipped,failed", "--hide-summary skipped --hide-summary output",
		"--hide-summary=skipped,skipped", "--hide-summary=failed,failed", "--hide-summary=output,output", "--hide-summary=all,skipped",
		"--hide-summary=errors,errors,errors", "--no-summary=skipped", "--no-summary=failed --hide-summary=failed",
		"--max-fails=1", "--max-fails=2", "--max-fails=3", "--max-fails=100", "--debug",
	} {
		c.add(play, flag)
	}
	for i, flag := range []string{
		"-f=dots", "-f testname", "-fshort", "--format-hide-empty-pkg=false", "--raw-command=true", "--ignore-non-json-output-lines=false",
		"--jsonfile=deep/er/out.json", "--jsonfile=", "GOTESTSUM_JSONFILE=out.json", "GOTESTSUM_JSONFILE=a.json --jsonfile=b.json",
		"GOTESTSUM_JSONFILE_TIMING_EVENTS=deep/out.json", "--no-color", "--no-color=false", "--hide-summary=none", "--hide-summary=",
		"--post-run-command=", "--watch=false", "--watch-clear", "--watch-chdir", "--max-fails=0", "--max-fails=-1",
		"--rerun-fails=0", "--rerun-fails=-1", "--rerun-fails-abort-on-data-race", "--rerun-fails-max-failures=0",
		"--rerun-fails-report=report.txt", "--rerun-fails-run-root-test", "--packages=./a", "TEST_DIRECTORY=./a", "--debug=false",
		"GOTESTSUM_FORMAT=testname", "GOTESTSUM_FORMAT_ICONS=text",
	} {
		c.add(append(every(4, i, play[2:]), "fail"), flag)
	}
	for _, stream := range play {
		c.postRun(stream, "replay -env")
	}
}

// postRun adds a case with a command that has blanks.
func (c *cases) postRun(play, command string, flags ...string) {
	c.addCase(diffCase{play: play, args: append([]string{"--post-run-command=" + command}, flags...)})
}

// addPairs has flags that affect each other.
func (c *cases) addPairs() {
	for i, format := range allFormats {
		for j, flags := range []string{
			"--max-fails=1", "--max-fails=2", "--ignore-non-json-output-lines", "--hide-summary=all", "--hide-summary=output",
			"--jsonfile=a.json --jsonfile-timing-events=b.json", "--format-hide-empty-pkg", "--debug",
		} {
			c.add(every(2, i+j, []string{"fail", "made-nonjson"}), "--format="+format+" "+flags)
		}
		c.postRun("fail", "replay -env", "--format="+format)
	}
	play := []string{"fail", "skip", "build", "bench", "attr", "parallel"}
	c.add(play, "--max-fails=1 --jsonfile=a.json --jsonfile-timing-events=b.json")
	c.add(play, "--max-fails=2 --hide-summary=failed,output")
	c.add(play, "--jsonfile=a.json --jsonfile-timing-events=a.json")
	c.add(play, "--hide-summary=skipped,output --no-summary=errors")
	c.add([]string{"made-nonjson"}, "--ignore-non-json-output-lines --jsonfile=a.json")
	c.add([]string{"made-nonjson"}, "--ignore-non-json-output-lines --max-fails=1")
	c.add([]string{"made-cut", "made-longline"}, "--ignore-non-json-output-lines")
	for _, exit := range []string{"0", "1", "2", "3", "5", "127", "130", "255"} {
		c.add([]string{"pass:" + exit, "fail:" + exit, "made-nothing:" + exit}, "--debug")
		c.add([]string{"pass:" + exit, "fail:" + exit + ",flaky3"}, "--rerun-fails --hide-summary=skipped")
		c.add([]string{"fail:" + exit + ",flaky3"}, "--max-fails=2 --rerun-fails")
		c.postRun("fail:"+exit, "replay -env "+exit)
		c.postRun("pass:"+exit, "replay -env "+exit, "--debug")
	}
	for _, command := range []string{
		"replay -env 'a", "no-such-command", "replay '-env' \"4\"", "replay -env # a comment", "echo $HOME", "  ", "./folder",
	} {
		c.postRun("fail", command)
		c.postRun("pass", command, "--debug", "--hide-summary=all")
	}
	c.postRun("skip", "replay -env", "--jsonfile=a.json", "--jsonfile-timing-events=b.json")
	c.postRun("fail", "replay -env", "--max-fails=1")
	c.postRun("made-cut", "replay -env")
	c.postRun("made-notime", "replay -env")
}

// addFiles has files that cannot be written.
func (c *cases) addFiles() {
	for _, flag := range []string{"--jsonfile", "--jsonfile-timing-events"} {
		for _, name := range []string{"folder", "file/a.json", "file", "./deep/../a.json"} {
			c.add([]string{"pass", "fail"}, flag+"="+name)
			c.add([]string{stillFails}, flag+"="+name+" --rerun-fails")
			c.postRun("fail", "replay -env", flag+"="+name)
		}
	}
	c.add([]string{"fail"}, "--jsonfile=a.json --jsonfile-timing-events=folder")
	for _, name := range []string{"folder", "file/report", "no/such/report", "file"} {
		c.add([]string{stillFails, "flaky0,flaky1,flaky2,flaky3,flaky4", "build"}, "--rerun-fails --rerun-fails-report="+name)
		c.postRun(stillFails, "replay -env", "--rerun-fails", "--rerun-fails-report="+name)
	}
}
