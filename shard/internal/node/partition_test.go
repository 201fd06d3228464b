package node

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Partition{
		"1/1": {1, 1}, "2/4": {2, 4}, "10000/10000": {10_000, 10_000}, "01/04": {1, 4}, "auto": {}, "auto/3": {0, 3},
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"": "it has no slash", "2": "it has no slash", "x": "it has no slash", "/": `"" is not a number`, "1/": `"" is not a number`, "/4": `"" is not the number of a part`,
		"0/4": "are counted from 1", "5/4": "part 5 of 4 does not exist", "1/0": `"0" is not a number`, "1/10001": `"10001" is not a number`, "-1/4": `"-1" is not the number of a part`,
		"+1/4": `"+1" is not the number of a part`, "1/4/2": `"4/2" is not a number`, " 1/4": `" 1" is not the number of a part`, "auto/": `"" is not a number`, "auto/0": `"0" is not a number`,
		"Auto": "it has no slash", "1.0/4": `"1.0" is not the number of a part`, "99999999999999999999/4": "is not the number of a part",
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "write m/n with m from 1 to n and n up to 10000, auto, or auto/n") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"1/1", "2/4", "auto", "auto/3", "0/4", "5/4", "1/10001", "+1/2", "٣/٤"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		if p.Index < 0 || p.Total < 0 || p.Total > MostParts || p.Index > p.Total {
			t.Errorf("%q is %+v", text, p)
		}
		if again, err := Parse(p.String()); err != nil || again != p {
			t.Errorf("%q is %v, which is %v, %v", text, p, again, err)
		}
	})
}

// environment parses "KEY=VALUE KEY=VALUE".
func environment(text string) func(string) string {
	variables := map[string]string{}
	for pair := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(pair, "=")
		variables[key] = value
	}
	return func(name string) string { return variables[name] }
}

func TestResolve(t *testing.T) {
	for _, test := range []struct{ name, partition, env, want string }{
		{"what is written", "2/4", "GITLAB_CI=true CI_NODE_INDEX=1 CI_NODE_TOTAL=2", "2/4"},
		{"GitLab, the first", "auto", "GITLAB_CI=true CI_NODE_INDEX=1 CI_NODE_TOTAL=4", "1/4"},
		{"GitLab, the last", "auto", "GITLAB_CI=true CI_NODE_INDEX=4 CI_NODE_TOTAL=4", "4/4"},
		{"GitLab without parallel", "auto", "GITLAB_CI=true CI_NODE_TOTAL=1", "1/1"},
		{"CircleCI, the first", "auto", "CIRCLECI=true CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=4", "1/4"},
		{"CircleCI, the last", "auto", "CIRCLECI=true CIRCLE_NODE_INDEX=3 CIRCLE_NODE_TOTAL=4", "4/4"},
		{"Buildkite", "auto", "BUILDKITE=true BUILDKITE_PARALLEL_JOB=0 BUILDKITE_PARALLEL_JOB_COUNT=3", "1/3"},
		{"Semaphore", "auto", "SEMAPHORE=true SEMAPHORE_JOB_INDEX=3 SEMAPHORE_JOB_COUNT=3", "3/3"},
		{"Azure", "auto", "TF_BUILD=True SYSTEM_JOBPOSITIONINPHASE=1 SYSTEM_TOTALJOBSINPHASE=3", "1/3"},
		{"Bitbucket", "auto", "BITBUCKET_BUILD_NUMBER=7 BITBUCKET_PARALLEL_STEP=0 BITBUCKET_PARALLEL_STEP_COUNT=2", "1/2"},
		{"Heroku", "auto", "HEROKU_TEST_RUN_ID=x CI_NODE_INDEX=0 CI_NODE_TOTAL=2", "1/2"},
		{"Cirrus", "auto", "CIRRUS_CI=true CI_NODE_INDEX=1 CI_NODE_TOTAL=2", "2/2"},
		{"Bazel", "auto", "TEST_SHARD_INDEX=1 TEST_TOTAL_SHARDS=2 TEST_SHARD_STATUS_FILE=/f", "2/2 touches /f"},
		{"Kubernetes", "auto/3", "JOB_COMPLETION_INDEX=2", "3/3"},
		{"the number is as the environment's", "auto/4", "CIRCLECI=true CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=4", "1/4"},
		{"two agree", "auto", "GITLAB_CI=true CI_NODE_INDEX=2 CI_NODE_TOTAL=4 TEST_SHARD_INDEX=1 TEST_TOTAL_SHARDS=4", "2/4"},
		{"a runner in Kubernetes", "auto", "GITLAB_CI=true CI_NODE_INDEX=2 CI_NODE_TOTAL=4 JOB_COMPLETION_INDEX=0", "2/4"},
		{"one without a node", "auto", "BUILDKITE=true CIRCLECI=true CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=4", "1/4"},

		{"nowhere", "auto", "CI=true", "no CI that numbers its nodes was found, because none of GITLAB_CI, CIRCLECI, BUILDKITE, SEMAPHORE, TF_BUILD, BITBUCKET_BUILD_NUMBER, " +
			"HEROKU_TEST_RUN_ID, CIRRUS_CI, TEST_TOTAL_SHARDS, GITHUB_ACTIONS, JOB_COMPLETION_INDEX is set; name the part, as in --partition 1/4"},
		{"GitHub", "auto", "GITHUB_ACTIONS=true", `GitHub Actions does not number its nodes: with a matrix use ` +
			`--partition "$(( ${{ strategy.job-index }} + 1 ))/${{ strategy.job-total }}"; or name the part, as in --partition 1/4`},
		{"GitHub, with a number", "auto/4", "GITHUB_ACTIONS=true", "GitHub Actions does not number its nodes"},
		{"GitHub in Kubernetes", "auto/4", "GITHUB_ACTIONS=true JOB_COMPLETION_INDEX=2", "GitHub Actions does not number its nodes"},
		{"Buildkite without parallelism", "auto", "BUILDKITE=true",
			"Buildkite sets neither BUILDKITE_PARALLEL_JOB nor BUILDKITE_PARALLEL_JOB_COUNT: does the step have parallelism: N?; or name"},
		{"Buildkite in Kubernetes", "auto/3", "BUILDKITE=true JOB_COMPLETION_INDEX=2", "Buildkite sets neither"},
		{"Kubernetes without a number", "auto", "JOB_COMPLETION_INDEX=2", `Kubernetes sets JOB_COMPLETION_INDEX="2" but not the number of nodes; use --partition auto/N`},
		{"Kubernetes, too many", "auto/2", "JOB_COMPLETION_INDEX=2", `Kubernetes sets JOB_COMPLETION_INDEX="2": the nodes are numbered from 0 to 1; name`},
		{"another number", "auto/3", "CIRCLECI=true CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=4",
			"CircleCI sets CIRCLE_NODE_TOTAL=4, but --partition is auto/3; use --partition auto"},
		{"contradiction", "auto", "GITLAB_CI=true CIRRUS_CI=true CI_NODE_INDEX=1 CI_NODE_TOTAL=4",
			"GitLab (CI_NODE_INDEX=1 CI_NODE_TOTAL=4: part 1 of 4) and Cirrus CI (CI_NODE_INDEX=1 CI_NODE_TOTAL=4: part 2 of 4) contradict each other"},
		{"GitLab counts from 1", "auto", "GITLAB_CI=true CI_NODE_INDEX=0 CI_NODE_TOTAL=4",
			`GitLab sets CI_NODE_INDEX="0" and CI_NODE_TOTAL="4": the nodes are numbered from 1 to 4; name the part, as in --partition 1/4`},
		{"CircleCI counts from 0", "auto", "CIRCLECI=true CIRCLE_NODE_INDEX=4 CIRCLE_NODE_TOTAL=4", "the nodes are numbered from 0 to 3"},
		{"no index", "auto", "GITLAB_CI=true CI_NODE_TOTAL=4", `CI_NODE_INDEX="" and CI_NODE_TOTAL="4": that is not a number`},
		{"no index, elsewhere", "auto", "CIRCLECI=true CIRCLE_NODE_TOTAL=1", `CIRCLE_NODE_INDEX="" and CIRCLE_NODE_TOTAL="1": that is not a number`},
		{"no total", "auto", "CIRCLECI=true CIRCLE_NODE_INDEX=0", `CIRCLE_NODE_TOTAL="": that is not a number`},
		{"no number", "auto", "CIRCLECI=true CIRCLE_NODE_INDEX=a CIRCLE_NODE_TOTAL=2", "that is not a number"},
		{"negative", "auto", "CIRCLECI=true CIRCLE_NODE_INDEX=-1 CIRCLE_NODE_TOTAL=2", "that is not a number"},
		{"no nodes", "auto", "CIRCLECI=true CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=0", "the number of nodes must be from 1 to 10000"},
	} {
		p, err := Parse(test.partition)
		if err != nil {
			t.Fatal(err)
		}
		p, touch, err := p.Resolve(environment(test.env))
		got := p.String()
		if touch != "" {
			got += " touches " + touch
		}
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != test.want || err != nil && !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// Every variable that is read is one of the Variables.
func TestVariables(t *testing.T) {
	known := map[string]bool{}
	for _, name := range Variables() {
		known[name] = true
	}
	for _, p := range providers {
		getenv := func(name string) string {
			if name != "" && !known[name] {
				t.Errorf("%s is not among the variables", name)
			}
			if name == p.job {
				return "1"
			}
			return ""
		}
		_, _, _ = Partition{Total: 2}.Resolve(getenv)
		_, _ = Files(p.log, getenv)
		_, _ = CI(getenv), Attempt(getenv)
	}
}
