package option

import (
	"fmt"
	"strings"
	"testing"
)

func TestPartition(t *testing.T) {
	for _, test := range []struct{ env, args, want string }{
		{"", "-n 2", "0/0"},
		{"", "-n 2 --partition 2/4", "2/4"},
		{"", "-n 2 --partition=1/1 --dist load", "1/1"},
		{"CIRCLECI=true CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3", "-n 2 --partition auto", "2/3"},
		{"CIRCLECI=true CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3", "-n 2 --partition auto/3", "2/3"},
		{"CIRCLECI=true CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3", "-n 2", "0/0"},
		{"JOB_COMPLETION_INDEX=3", "-n 2 --partition auto/4", "4/4"},
		{"TEST_SHARD_INDEX=0 TEST_TOTAL_SHARDS=2 TEST_SHARD_STATUS_FILE=f", "-n 2 --partition auto", "1/2 f"},
		{"TEST_SHARD_INDEX=0 TEST_TOTAL_SHARDS=2 TEST_SHARD_STATUS_FILE=f", "-n 2 --partition 1/3", "1/3"},
		{"", "--partition 1/2", "--partition needs workers: add -n auto"},
		{"", "-n 0 --partition 1/2", "--partition needs workers"},
		{"", "-n 2 --dist no --partition 1/2", "--partition needs workers"},
		{"", "-n 2 --partition auto", "--partition auto: no CI that numbers its nodes was found, because none of GITLAB_CI,"},
		{"CIRCLECI=true CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3", "-n 2 --partition auto/4",
			"--partition auto/4: CircleCI sets CIRCLE_NODE_TOTAL=3, but --partition is auto/4; use --partition auto"},
		{"", "-n 2 --partition 3/2", `invalid argument "3/2" for "--partition" flag: part 3 of 2 does not exist; write m/n`},
		{"", "-n 2 --partition 0/2", "parts are counted from 1"},
		{"", "-n 2 --partition=", "it has no slash: 2/4 is part 2 of 4"},
		{"", "-n 2 --watch --partition 1/2", "--partition and --watch cannot be used together"},
		{"", "--shard x --partition 1/2", "--partition and --shard cannot be used together: --partition needs go test's arguments, and a --shard command can be anything"},
		{"", "--raw-command --partition 1/2 x", "--partition and --raw-command cannot be used together"},
		{"", "-n 2 --dist each --partition 1/2", "--dist each and --partition cannot be used together: --dist each runs every test on every worker"},
	} {
		t.Run(test.env+" "+test.args, func(t *testing.T) {
			clearEnv(t)
			for variable := range strings.FieldsSeq(test.env) {
				name, value, _ := strings.Cut(variable, "=")
				t.Setenv(name, value)
			}
			opts, err := Parse(strings.Fields(test.args), thisCall())
			got := strings.TrimSpace(fmt.Sprintf("%d/%d %s", opts.Partition.Index, opts.Partition.Total, opts.PartitionTouch))
			if err != nil {
				got = err.Error()
			}
			if err == nil && got != test.want || !strings.Contains(got, test.want) {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
