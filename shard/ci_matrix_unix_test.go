//go:build unix

package shard

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/shardtest"
)

// TestStepsOfTheMatrix runs the run: steps of the matrix and of the job after it, each job in
// its own folder, and copies the files that the actions would transfer: four nodes, one of
// which fails, the report, and then the failed node again, as with "Re-run failed jobs".
func TestStepsOfTheMatrix(t *testing.T) {
	shardtest.Expensive(t, "runs the jobs of the documented matrix")
	m := newMatrixJobs(t, "../docs/ci/github-matrix.yml", 5)
	m.run("timings", 0, 0, "Begin a history where there is none")
	nodes := func(attempt int, only ...int) (failed []int) {
		for _, part := range only {
			job := "node" + strconv.Itoa(part)
			m.module(job, attempt)
			m.copy("timings/timings.json", job+"/temp/timings.json")
			m.run(job, attempt, 0, "Install gotestshard", "part", strconv.Itoa(part))
			if _, code := m.try(job, attempt, "Run a part of the tests", "part", strconv.Itoa(part)); code != 0 {
				failed = append(failed, part)
			}
			m.copy(job+"/part.gotestshard", "parts/part-"+strconv.Itoa(part)+"-"+strconv.Itoa(attempt)+"/part.gotestshard")
		}
		return failed
	}
	report := func(attempt, code int) (log string) {
		if err := os.CopyFS(m.at("report", "parts"), os.DirFS(m.at("parts"))); err != nil {
			t.Fatal(err)
		}
		m.copy("timings/timings.json", "report/timings.json")
		m.run("report", attempt, 0, "Install gotestshard")
		log = m.run("report", attempt, code, "Make one report")
		timings := m.read("report/timings.json")
		for _, test := range []string{"TestP1", "TestP3", "TestP4"} {
			if !strings.Contains(timings, `"`+test+`"`) {
				t.Errorf("the history has no %s:\n%s", test, timings)
			}
		}
		if junit := m.read("report/report.xml"); strings.Count(junit, "<testsuite ") != 4 {
			t.Errorf("the JUnit file is\n%s", junit)
		}
		summary := m.read("report/temp/step_summary.md")
		if strings.Contains(summary, "✅") != (code == 0) {
			t.Errorf("the summary is\n%s", summary)
		}
		if err := os.RemoveAll(m.at("report")); err != nil {
			t.Fatal(err)
		}
		return log
	}

	failed := nodes(1, 1, 2, 3, 4)
	if len(failed) != 1 {
		t.Fatalf("the nodes %d failed", failed)
	}
	if log := report(1, 1); !strings.Contains(log, "FAIL p2.TestP2") && !strings.Contains(log, "example.com/m/p2 TestP2") || strings.Contains(log, "::error") {
		t.Errorf("the log is\n%s", log)
	}
	if again := nodes(2, failed...); len(again) > 0 {
		t.Fatalf("the nodes %d failed again", again)
	}
	counts := fmt.Sprintf("part %[1]d has several files: parts/part-%[1]d-2/part.gotestshard ", failed[0])
	if log := report(2, 0); !strings.Contains(log, counts) || !strings.Contains(log, "DONE 4 tests") {
		t.Errorf("the log is\n%s", log)
	}
}

// TestStepsOfThePlannedMatrix runs the run: steps of the workflow whose first job plans the
// matrix: the nodes run each test once, and their artifacts have allowed names.
func TestStepsOfThePlannedMatrix(t *testing.T) {
	shardtest.Expensive(t, "runs the jobs of the documented matrix")
	m := newMatrixJobs(t, "../docs/ci/github-plan.yml", 4)
	checkOut := func(job string) {
		m.module(job, 2)
		m.write(job+"/timings.json", "")
	}
	checkOut("plan")
	m.run("plan", 1, 0, "Install gotestshard")
	m.run("plan", 1, 0, "Plan the parts")
	output, ok := strings.CutPrefix(m.read("plan/temp/output"), "matrix=")
	var matrix struct{ Include []map[string]any }
	if err := json.Unmarshal([]byte(output), &matrix); !ok || err != nil || len(matrix.Include) != 4 {
		t.Fatalf("the output of the job is %s, %v", output, err)
	}
	artifact := regexp.MustCompile(`name: (part-.*)`).FindStringSubmatch(m.text)
	if artifact == nil {
		t.Fatal("there is no artifact of a part")
	}
	for i, node := range matrix.Include {
		job := "node" + strconv.Itoa(i)
		checkOut(job)
		var values []string
		for key, value := range node {
			values = append(values, key, fmt.Sprint(value))
		}
		m.run(job, 1, 0, "Install gotestshard", values...)
		m.run(job, 1, 0, "Run a part of the tests", values...)
		name := strings.ReplaceAll(inMatrix(artifact[1], values), "${{ github.run_attempt }}", "1")
		if strings.ContainsAny(name, "\":<>|*?\r\n\\/${") { // not allowed by actions/upload-artifact, or not filled in
			t.Errorf("an artifact has the name %s", name)
		}
		m.copy(job+"/part.gotestshard", "report/parts/"+name+"/part.gotestshard")
	}
	m.steps = append(m.steps, runStep{"Merge", "gotestshard merge --expect 4 parts"})
	if log := m.run("report", 1, 0, "Merge"); !strings.Contains(log, "DONE 4 tests") {
		t.Errorf("the log is\n%s", log)
	}
}

// matrixJobs are the jobs of a workflow, each in its own folder.
type matrixJobs struct {
	t     *testing.T
	dir   string
	text  string // of the workflow
	steps []runStep
}

// newMatrixJobs reads a workflow, which must have the given number of steps with run:.
func newMatrixJobs(t *testing.T, workflow string, steps int) *matrixJobs {
	t.Helper()
	program, err := exec.LookPath("gotestshard")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(workflow)
	if err != nil {
		t.Fatal(err)
	}
	m := &matrixJobs{t: t, dir: shardtest.ModuleDir(t), text: string(text), steps: runSteps(t, workflow)}
	if len(m.steps) != steps {
		t.Fatalf("%q", m.steps)
	}
	m.write("shim/go", "#!/bin/sh\nset -e\nif [ \"$1\" != install ]; then exec "+shardtest.Go(t)+" \"$@\"; fi\n"+
		"[ \"$2\" = github.com/gotestshard/gotestshard@latest ]\nmkdir -p \"$TEST_BIN\"\nln -sf "+program+" \"$TEST_BIN/gotestshard\"\n")
	return m
}

func (m *matrixJobs) at(elem ...string) string {
	return filepath.Join(append([]string{m.dir}, elem...)...)
}

func (m *matrixJobs) write(name, text string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.at(name)), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.at(name), []byte(text), 0o700); err != nil {
		m.t.Fatal(err)
	}
}

func (m *matrixJobs) read(name string) string {
	m.t.Helper()
	text, err := os.ReadFile(m.at(name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text)
}

func (m *matrixJobs) copy(from, to string) { m.t.Helper(); m.write(to, m.read(from)) }

// module writes the module to test. The second attempt fixes p2.
func (m *matrixJobs) module(job string, attempt int) {
	m.write(job+"/go.mod", "module example.com/m\n\ngo 1.26\n")
	for i := 1; i <= 4; i++ {
		number, body := strconv.Itoa(i), ""
		if i == 2 && attempt == 1 {
			body = "t.Error(\"no\")"
		}
		m.write(job+"/p"+number+"/p_test.go", "package p\n\nimport \"testing\"\n\nfunc TestP"+number+"(t *testing.T) { "+body+" }\n")
	}
}

// run runs a step of a job, which must end with code, and returns its log.
func (m *matrixJobs) run(job string, attempt, code int, name string, values ...string) (log string) {
	m.t.Helper()
	log, got := m.try(job, attempt, name, values...)
	if got != code {
		m.t.Fatalf("%s of %s: exit code %d, want %d\n%s", name, job, got, code, log)
	}
	return log
}

// try runs a step of a job like the runner.
func (m *matrixJobs) try(job string, attempt int, name string, values ...string) (log string, code int) {
	m.t.Helper()
	step := ""
	for _, s := range m.steps {
		if s.name == name {
			step = s.script
		}
	}
	step = inMatrix(step, values)
	if step == "" || strings.Contains(step, "${{") {
		m.t.Fatalf("the step %q is %q", name, step)
	}
	m.write(job+"/temp/script.sh", step)
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", m.at(job, "temp", "script.sh"))
	cmd.Dir = m.at(job)
	cmd.Env = append(slices.Concat(environ.Run{}.Without(os.Environ()), shardtest.GoEnvironment(), shardtest.BuildEnv(m.t)),
		"PATH="+m.at("shim")+":"+m.at("bin")+":/usr/bin:/bin", "TEST_BIN="+m.at("bin"), "XDG_CACHE_HOME="+m.at(job, "cache"),
		"CI=true", "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+m.at(job), "GITHUB_STEP_SUMMARY="+m.at(job, "temp", "step_summary.md"),
		"GITHUB_OUTPUT="+m.at(job, "temp", "output"), "GITHUB_RUN_ID=1", "GITHUB_RUN_ATTEMPT="+strconv.Itoa(attempt), "RUNNER_TEMP="+m.at(job, "temp"), "RUNNER_OS=Linux", "RUNNER_ARCH=X64")
	out, err := cmd.CombinedOutput()
	return string(out), shardtest.ExitCode(err)
}

// inMatrix fills in the values of a matrix. Each value comes after its key.
func inMatrix(text string, values []string) string {
	for i := 0; i < len(values); i += 2 {
		text = strings.ReplaceAll(text, "${{ matrix."+values[i]+" }}", values[i+1])
	}
	return text
}
