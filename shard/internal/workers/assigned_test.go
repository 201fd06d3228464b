package workers

import (
	"testing"
	"time"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

func TestAssignments(t *testing.T) {
	a := assignments{name: option.WorkerName}
	if _, ok := a.lookup("p"); ok {
		t.Error("a package without a worker is known")
	}
	a.ended("cached", true)
	if _, ok := a.lookup("cached"); ok {
		t.Error("a package that never had a worker is known")
	}
	queued := time.Now().Add(-time.Minute)
	a.add("whole", queued, 3, nil)
	if run, ok := a.lookup("whole"); !ok || run.Worker != "gw3" || run.WorkerOf != nil || run.Waited < time.Minute || run.Passed {
		t.Errorf("got %+v", run)
	}
	a.ended("whole", true)
	if run, _ := a.lookup("whole"); !run.Passed {
		t.Error("it has not passed")
	}
	for _, worker := range []int{10, 2, 10} {
		a.add("split", queued, worker, []string{map[int]string{10: "TestA", 2: "TestB"}[worker]})
	}
	run, ok := a.lookup("split")
	if !ok || run.Worker != "gw2,gw10" || run.WorkerOf("TestA") != "gw10" || run.WorkerOf("TestB") != "gw2" || run.WorkerOf("TestC") != "" {
		t.Errorf("got %+v", run)
	}
}
