package option

import (
	"slices"
	"strings"
	"testing"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
)

// Flags that a node cannot obey are refused, and those of the configuration file are left out.
func TestPulling(t *testing.T) {
	clearEnv(t)
	const queue = "-n 2 --queue nats://h:4222 --build b "
	for args, want := range map[string]string{
		queue:                             "",
		"-n 2 --queue nats://h:4222":      "--queue needs --build",
		"--queue nats://h:4222 --build b": "--queue needs workers: add -n auto",
		"--nodes 3":                       "--nodes is for --queue: add --queue URL",
		"--build b":                       "--build is for --queue",
		"--queue-token-file f":            "--queue-token-file is for --queue",
		"--queue-creds f":                 "--queue-creds is for --queue",
		"--queue-ca f":                    "--queue-ca is for --queue",
		"--wait":                          "--wait is for --queue",
		"--fail-node":                     "--fail-node is for --queue",
		"--queue-fallback partition":      "--queue-fallback is for --queue",
		queue + "--nodes -1":              "--nodes -1 is out of range",
		queue + "--nodes 10001":           "--nodes 10001 is out of range",
		queue + "--wait --fail-node":      "--wait and --fail-node cannot be used together",
		queue + "--partition 1/2":         "--queue and --partition cannot be used together",
		queue + "--dist each":             "--queue and --dist each cannot be used together",
		queue + "--watch":                 "--queue and --watch cannot be used together",
		queue + "--plan":                  "--queue and --plan cannot be used together",
		queue + "--result x":              "--queue and --result cannot be used together",
		queue + "--result x --queue-fallback partition": "no CI that numbers its nodes",
		queue + "--changed":                             "",
		queue + "--max-fails 1":                         "--queue and --max-fails cannot be used together",
		queue + "--diagnose":                            "--queue and --diagnose cannot be used together",
		queue + "--queue-fallback x":                    "write one of partition",
		queue + "--queue-fallback partition":            "--queue-fallback partition: no CI that numbers its nodes was found",
		"-n 2 --queue embed --nodes 4":                  "",
		queue + "--setup x --junitfile y.xml":           "",
	} {
		_, err := Parse(strings.Fields(args), thisCall())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
	for args, want := range map[string]string{
		"--queue nats://h:4222 --build b":            "",
		"--queue nats://h:4222":                      "--queue needs --build",
		"--queue nats://h:4222 --build b x":          "either files or --queue",
		"--queue embed":                              "write --wait",
		"--queue nats://h:4222 --build b --expect 2": "--expect is for files",
	} {
		_, err := ParseMerge(strings.Fields(args), thisCall())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("merge %s: %v, want %q", args, err, want)
		}
	}
}

// The name of a node and its part are those of the CI.
func TestNodeOfTheCI(t *testing.T) {
	clearEnv(t)
	args := strings.Fields("-n 2 --queue nats://h:4222 --build b --nodes 20 --queue-fallback partition")
	for env, want := range map[string]string{
		"GITLAB_CI=true CI_NODE_INDEX=2 CI_NODE_TOTAL=4": "node-2 2/4",
		"JOB_COMPLETION_INDEX=6":                         "node-7 7/20",
	} {
		call := thisCall()
		call.Environ = append(strings.Fields(env), call.Environ...)
		opts, err := Parse(args, call)
		if got := opts.Node + " " + opts.FallbackPart.String(); err != nil || got != want {
			t.Errorf("%s: %v, %q, want %q", env, err, got, want)
		}
	}
	env := WithoutToken(environ.List{"A=1", QueueTokenVariable + "=x", QueueTokenVariable + "X=2"})
	if want := []string{"A=1", QueueTokenVariable + "X=2"}; !slices.Equal(env, want) {
		t.Errorf("got %q, want %q", env, want)
	}
}

// The variables of a queue are for nodes and merges.
func TestQueueOfTheEnvironment(t *testing.T) {
	clearEnv(t)
	call := thisCall()
	call.Environ = append(slices.Clone(call.Environ), "GOTESTSHARD_QUEUE=nats://h:4222", "GOTESTSHARD_BUILD=b")
	if opts, err := Parse([]string{"-n", "2"}, call); err != nil || opts.Queue.URL == "" {
		t.Errorf("a node: %v, %+v", err, opts.Queue)
	}
	if opts, err := ParseMerge(nil, call); err != nil || opts.Queue.URL == "" {
		t.Errorf("a merge of the queue: %v, %+v", err, opts.Queue)
	}
	if opts, err := ParseMerge([]string{"x"}, call); err != nil || opts.Queue.URL != "" {
		t.Errorf("a merge of files: %v, %+v", err, opts.Queue)
	}
	if opts, err := ParseStress([]string{"./..."}, call); err != nil || opts.Queue.URL != "" {
		t.Errorf("stress: %v, %+v", err, opts.Queue)
	}
	if opts, err := ParseShow([]string{"x"}, call); err != nil || opts.Queue.URL != "" {
		t.Errorf("show: %v, %+v", err, opts.Queue)
	}
}
