package option

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// No report takes the file of another; what is gotestsum's alone is left to its way.
func TestReportsHaveFilesOfTheirOwn(t *testing.T) {
	clearEnv(t)
	for args, want := range map[string]string{
		"--html a":                                           "",
		"--html a --summary-md b --junitfile c":              "",
		"--jsonfile a --junitfile a":                         "",
		"--html a --junitfile a":                             "--junitfile and --html both write a",
		"--html ./a --summary-md d/../a":                     "--summary-md and --html both write ./a",
		"--html a --jsonfile b --junitfile b":                "--jsonfile and --junitfile both write b",
		"-n 2 --html a --shard-report a":                     "--shard-report and --html both write a",
		"-n 2 --html a --timings a":                          "--timings and --html both write a",
		"--html " + os.DevNull + " --jsonfile " + os.DevNull: "",
		"--junitfile .":                                      "", // as gotestsum
		"-n 2 --junitfile .":                                 "--junitfile .: that is a folder",
		"-n 2 --result ./...":                                "--result ./...: that is a pattern of packages",
		"--html ../option":                                   "--html ../option: that is a folder",
		"--html option_test.go":                              "--html option_test.go: that is a Go file, which would be overwritten",
		"--html not-yet_test.go":                             "",
		"--failures-file .":                                  "--failures-file .: that is a folder",
	} {
		_, err := Parse(strings.Fields(args), thisCall())
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && !strings.HasPrefix(got, want+": give each its own file") && !strings.HasPrefix(got, want+"; write the name of the file") {
			t.Errorf("%s: %v", args, err)
		}
	}
	if got := parse(t, "--html", "dir/run.html").HTML; got != "dir/run.html" {
		t.Errorf("got %q", got)
	}
}
