package shard

import (
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// ciCommands has the form of commands for each CI, and the commands that gotestshard writes.
var ciCommands = map[string]struct{ command, ours *regexp.Regexp }{
	"github": {
		regexp.MustCompile(`^\s*:[\x{200b}]*:|#[\x{200b}]*#\[`),
		regexp.MustCompile(`^::(?:group::.*\.Test|endgroup::$|error (?:file=m/hostile/hostile_test.go,line=\d+,)?title=|warning file=m/)`),
	},
	"gitlab": {
		regexp.MustCompile(`section_(?:start|end):|\x1b\[0K`),
		regexp.MustCompile(`^\x1b\[0Ksection_(?:start|end):\d+:gotestshard_[0-9a-f]{8}_\d+(?:\[collapsed=true\])?$`),
	},
	"buildkite": {
		regexp.MustCompile(`^(?:\x1b\[[\d;]*m)*(?:(?:---|\+\+\+|~~~)\s|\^\^\^\s+\+\+\+)`),
		regexp.MustCompile(`^(?:--- FAIL hostile\.TestHostile|--- Tests$|\+\+\+ Summary$|\^\^\^ \+\+\+$)`),
	},
	"teamcity": {
		regexp.MustCompile(`##teamcity\[`),
		regexp.MustCompile(`^##teamcity\[test\w+ name='(?:[^|'\[\]]|\|.)*'(?: \w+='(?:[^|'\[\]]|\|.)*')* flowId='(?:gw[01]|gotestshard)'\]$`),
	},
}

// cmdCheckCI checks that files, which are the log of a job, contain only commands that
// gotestshard writes: checkci PROVIDER FILES...
func cmdCheckCI(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: checkci PROVIDER FILES...")
	}
	for _, file := range args[1:] {
		for _, line := range regexp.MustCompile("\r\n|\r|\n").Split(ts.ReadFile(file), -1) {
			forms := ciCommands[args[0]]
			if strings.HasPrefix(line, "\x1b[0K") && args[0] == "gitlab" && !strings.Contains(line, "section_") {
				line = strings.TrimPrefix(line, "\x1b[0K") // the second part of a marker: a title
			}
			if forms.command.MatchString(line) && !forms.ours.MatchString(line) {
				ts.Fatalf("%s of %s: %q", file, args[0], line)
			}
		}
	}
}

// cmdFor runs gotestshard for a CI, with failing tests, and checks its log:
// for PROVIDER ARGS...
func cmdFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: for PROVIDER ARGS...")
	}
	cmdExits(ts, false, append([]string{"1", "gotestshard", "--ci", args[0]}, args[1:]...))
	cmdCheckCI(ts, false, []string{args[0], "stdout", "stderr"})
}
