package differential

import (
	"fmt"
	"strings"
)

// addJUnit has the flags of the JUnit file.
func (c *cases) addJUnit(names []string) {
	c.add(names, "--junitfile=junit.xml")
	play := []string{"pass", "fail", "skip", "empty", "testmain", "attr", "output", "names", "build", "timeout", "made-noend", "made-notime"}
	for i, flags := range []string{
		"--junitfile-testsuite-name=short", "--junitfile-testsuite-name=relative", "--junitfile-testsuite-name=full",
		"--junitfile-testsuite-name=short --junitfile-testsuite-name=full",
		"--junitfile-testcase-classname=short", "--junitfile-testcase-classname=relative", "--junitfile-testcase-classname=full",
		"--junitfile-testcase-classname=relative --junitfile-testcase-classname=full",
		"--junitfile-testsuite-name=relative --junitfile-testcase-classname=short",
		"--junitfile-project-name=project", "--junitfile-project-name=<&\"'>", "--junitfile-hide-empty-pkg", "--junitfile-hide-empty-pkg=false",
		"--junitfile-hide-skipped-tests", "--junitfile-hide-skipped-tests --junitfile-hide-empty-pkg",
		"--max-fails=1", "--hide-summary=all", "--format=none --format-hide-empty-pkg", "--rerun-fails", "--rerun-fails --rerun-fails-report=report.txt",
	} {
		c.add(every(3, i, play), "--junitfile=deep/junit.xml "+flags)
	}
	for _, env := range []string{
		"GOTESTSUM_JUNITFILE=junit.xml", "GOTESTSUM_JUNITFILE=a.xml GOTESTSUM_JUNITFILE_PROJECT_NAME=project",
		"GOTESTSUM_JUNITFILE=a.xml GOTESTSUM_JUNIT_HIDE_EMPTY_PKG=yes", "GOTESTSUM_JUNITFILE=a.xml GOTESTSUM_JUNIT_HIDE_EMPTY_PKG=2",
		"GOTESTSUM_JUNITFILE=a.xml GOTESTSUM_JUNIT_HIDE_SKIPPED_TESTS=TRUE", "GOTESTSUM_JUNITFILE=a.xml GOTESTSUM_JUNIT_HIDE_SKIPPED_TESTS=1",
	} {
		c.add([]string{"fail", "skip", "empty"}, env)
		c.add([]string{"skip", "empty"}, env+" --junitfile=b.xml --junitfile-hide-empty-pkg=false")
	}
	for _, name := range []string{"folder", "file/a.xml", "file"} {
		c.add([]string{"pass", "fail", "made-cut"}, "--junitfile="+name)
		c.postRun("fail", "replay -env", "--junitfile="+name)
	}
	for _, stream := range []string{"skip", stillFails, "empty", "attr", "flaky0,flaky1,flaky2,flaky3,flaky4"} {
		c.postRun(stream, "replay -env", "--junitfile=a.xml")
		c.postRun(stream, "replay -env", "--junitfile=a.xml", "--junitfile-hide-skipped-tests", "--junitfile-hide-empty-pkg")
		c.postRun(stream, "replay -env", "--junitfile=a.xml", "--rerun-fails=3", "--rerun-fails-report=report.txt")
	}
	for _, reruns := range []string{"flaky0,flaky1,flaky2,flaky3,flaky4", "flaky0,flaky1,build", "names,pass", "testmain,pass"} {
		c.add([]string{reruns}, "--rerun-fails=3 --junitfile=junit.xml --junitfile-hide-skipped-tests")
		c.add([]string{reruns}, "--rerun-fails=3 --junitfile=junit.xml --rerun-fails-run-root-test --jsonfile=a.json")
	}
}

// addTools has gotestsum's tools.
func (c *cases) addTools() {
	tool := func(stdin string, files []string, line string) {
		words := strings.Fields(line)
		env := 0
		if !strings.HasPrefix(words[0], "tool") {
			env = 1
		}
		// Tests with equal times have a random order.
		c.addCase(diffCase{env: words[:env:env], args: words[env:], stdin: stdin, files: files, anyOrder: strings.Contains(line, "slowest")})
	}
	for _, flags := range []string{
		"", "--threshold=250ms", "--threshold=1h", "--num=0 --threshold=299ms", "--threshold=a", "--num=x",
		"--debug --threshold=1m", "--unknown", "--help", "--skip-stmt=testing.Short --threshold=1h", "--skip-stmt=if",
	} {
		tool("", []string{"timeout"}, "tool slowest --jsonfile=timeout.json "+flags)
		tool("", []string{"timeout"}, "GOTESTSUM_JSONFILE=timeout.json tool slowest "+flags)
	}
	tool("", nil, "tool slowest")
	tool("no json\n", nil, "tool slowest --jsonfile=-")
	var ends strings.Builder // of several runs of the same tests, for the median
	for i, elapsed := range []float64{2.5, 0.05, 0.2, 1, 3, 0.101, 0.1, 7} {
		fmt.Fprintf(&ends, `{"Action":"pass","Package":"p","Test":"Test%d","Elapsed":%v}`+"\n", i%5, elapsed)
	}
	for _, flags := range []string{"", "--num=1", "--num=2", "--num=-1", "--threshold=1s --num=3", "--threshold=50ms", "--threshold=0"} {
		tool(ends.String(), nil, "tool slowest "+flags)
	}
	tool("", nil, "tool slowest --jsonfile=no-such-file")

	packages := "example.com/streams/pass\nexample.com/streams/fail\nexample.com/streams/fail/deep\nexample.com/streams/timeout\nexample.com/streams/new\n"
	for _, flags := range []string{
		"", "--partitions=2", "--partitions=1 --timing-files=*.json", "--partitions=2 --timing-files=*.json", "--partitions=3 --timing-files=*.json",
		"--partitions=10 --timing-files=*.json", "--partitions=2 --timing-files=none*.json", "--partitions=2 --timing-files=[",
		"--partitions=2 --timing-files=*.json --debug", "--partitions=-1", "--partitions=a", "--unknown", "--help",
	} {
		tool(packages, []string{"fail", "timeout", "pass"}, "tool ci-matrix "+flags)
		tool("", []string{"fail"}, "tool ci-matrix "+flags)
	}
	for _, line := range []string{"tool", "tool help", "tool ?", "tool unknown"} {
		tool("", nil, line)
	}
}
