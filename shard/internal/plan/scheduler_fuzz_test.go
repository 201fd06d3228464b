package plan

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// FuzzScheduler uses the bytes to choose a mode, workers, packages and the order of events,
// and checks the invariants after each step.
func FuzzScheduler(f *testing.F) {
	for mode := range modes {
		f.Add([]byte{byte(mode), 3, 0, 9, 1, 2, 3, 0, 20, 7, 1, 1, 2, 3, 4, 5, 1, 1, 2, 2})
		f.Add([]byte{byte(mode), 2, 0, 12, 255, 31, 9, 0, 30, 77, 12, 0, 5, 200, 3, 1, 1, 1, 4, 0, 1, 1, 2, 2, 3, 1, 5, 1, 2, 1, 1})
		f.Add([]byte{byte(mode), 0, 0, 40, 3, 5, 0, 0, 2, 2, 1, 2, 1, 2, 1, 2, 5, 0, 1, 2})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = data[:min(len(data), 1<<10)] // longer inputs are only slower
		next := func() int {
			if len(data) == 0 {
				return 0
			}
			b := data[0]
			data = data[1:]
			return int(b)
		}
		w := &watched{t: t, mode: modes[next()%len(modes)], workers: 1 + next()%9}
		w.s = New(w.mode, w.workers)
		if limit := next() % 4; limit > 0 {
			w.limits = map[string]int{"g0": limit, "g1": 1}
		}
		for len(data) > 0 {
			switch next() % 6 {
			case 0:
				w.add(next(), next(), next())
			case 1:
				w.next()
			case 2:
				if len(w.running) > 0 {
					w.done(next() % len(w.running))
				}
			case 3:
				if len(w.running) > 0 {
					b := w.running[next()%len(w.running)]
					w.s.ObserveStart(b.Job, time.Duration(next()-5)*time.Millisecond)
					for _, test := range b.Tests {
						w.s.ObserveTest(b.Job, test.Name, time.Duration(next()-5)*time.Millisecond)
					}
				}
			case 4:
				if len(w.jobs) > 0 {
					w.s.ObserveTest(w.jobs[next()%len(w.jobs)], fmt.Sprint("Test", next()), time.Duration(next())*time.Second)
				}
			case 5:
				if len(w.jobs) > 0 && next()%4 == 0 {
					w.drop(w.jobs[next()%len(w.jobs)])
				}
			}
		}
		w.end()
	})
}

// watched is a Scheduler with a record of what it has done.
type watched struct {
	t       *testing.T
	s       *Scheduler
	mode    Mode
	workers int
	limits  map[string]int // of groups
	jobs    []*Job
	running []Batch
	ran     map[string]int // "p0 Test1" and, in Each, the worker
	dropped map[string]bool
	last    map[*Job]bool
}

func (w *watched) key(j *Job, test string, worker int) string {
	if w.mode != Each {
		worker = 0
	}
	return fmt.Sprint(j.Package.Name, " ", test, " ", worker)
}

func (w *watched) add(size, kind, flags int) {
	p := Package{Name: fmt.Sprint("p", len(w.jobs)), Limits: w.limits, Whole: flags%8 == 1, Serial: flags%16 == 2, Start: time.Duration(flags%5) * 20 * time.Millisecond}
	if flags%32 == 3 {
		p.Estimate = time.Second
	}
	for i := range size % 48 {
		mix := (i + 1) * (kind + 1) * 37
		t := Test{Name: fmt.Sprint("Test", i), Files: []string{fmt.Sprint(i / 5)}, Serial: mix%29 == 0, Estimate: time.Duration(mix%7*mix%900) * time.Millisecond}
		if mix%5 == 0 {
			t.Group = fmt.Sprint("g", mix%3)
		}
		if mix%11 == 0 {
			t.Files = append(t.Files, fmt.Sprint(mix%6))
		}
		p.Tests = append(p.Tests, t)
	}
	w.jobs = append(w.jobs, w.s.Add(p))
}

func (w *watched) next() bool {
	b, ok := w.s.Next()
	if !ok {
		if len(w.running) == 0 {
			for _, j := range w.jobs {
				if !w.s.Finished(j) || j.Left() != 0 {
					w.t.Fatalf("%s: nothing runs, yet %s waits with %v left", w.mode, j.Package.Name, j.Left())
				}
			}
		}
		return false
	}
	if w.ran == nil {
		w.ran, w.last, w.dropped = map[string]int{}, map[*Job]bool{}, map[string]bool{}
	}
	if b.Worker < 0 || b.Worker >= w.workers {
		w.t.Fatalf("worker %d of %d", b.Worker, w.workers)
	}
	if w.last[b.Job] {
		w.t.Fatalf("%s comes after its last batch", text(b))
	}
	w.last[b.Job] = b.Last
	if want := len(b.Tests) == len(b.Job.Package.Tests); b.All != want {
		w.t.Fatalf("%s: all is %v", text(b), b.All)
	}
	if len(b.Tests) == 0 && len(b.Job.Package.Tests) > 0 {
		w.t.Fatalf("%s is empty", text(b))
	}
	names := []string{""}
	if len(b.Tests) > 0 {
		names = nil
		at := -1
		for _, test := range b.Tests {
			i := slices.IndexFunc(b.Job.Package.Tests, func(o Test) bool { return o.Name == test.Name })
			if i <= at {
				w.t.Fatalf("%s is not in the order of the package", text(b))
			}
			at = i
			names = append(names, test.Name)
		}
	}
	for _, name := range names {
		key := w.key(b.Job, name, b.Worker)
		if w.ran[key]++; w.ran[key] > 1 || w.dropped[b.Job.Package.Name] {
			w.t.Fatalf("%s: %s came twice or after it was dropped", w.mode, key)
		}
	}
	for _, other := range w.running {
		if other.Worker == b.Worker {
			w.t.Fatalf("%s while that worker runs %s", text(b), text(other))
		}
		if serial(b) || serial(other) {
			w.t.Fatalf("%s: %s at the same time as %s, one of them serial", w.mode, text(b), text(other))
		}
	}
	for _, test := range b.Tests {
		limit := w.limits[test.Group]
		if limit == 0 && w.mode == LoadGroup && test.Group != "" {
			limit = 1
		}
		others := 0
		for _, other := range w.running {
			if slices.ContainsFunc(other.Tests, func(o Test) bool { return o.Group == test.Group }) {
				others++
			}
		}
		if limit > 0 && others >= limit && w.mode != Each {
			w.t.Fatalf("%s: %s beside %d others of group %s", w.mode, text(b), others, test.Group)
		}
		if limited := limit > 0 && w.mode != Each; limited && !slices.Contains(b.Groups, test.Group) {
			w.t.Fatalf("%s: %s is not of group %s", w.mode, text(b), test.Group)
		}
	}
	w.running = append(w.running, b)
	return true
}

func serial(b Batch) bool {
	return b.Job.Package.Serial || slices.ContainsFunc(b.Tests, func(t Test) bool { return t.Serial })
}

func (w *watched) done(i int) {
	b := w.running[i]
	w.running = slices.Delete(w.running, i, i+1)
	w.s.Done(b)
	w.s.Done(b) // calling it again changes nothing
}

func (w *watched) drop(j *Job) {
	if w.dropped == nil {
		w.ran, w.last, w.dropped = map[string]int{}, map[*Job]bool{}, map[string]bool{}
	}
	w.dropped[j.Package.Name] = true
	for _, test := range w.s.Drop(j) {
		for worker := range w.workers {
			key := w.key(j, test.Name, worker)
			if w.ran[key]++; w.ran[key] > 1 && (w.mode == Each || worker == 0) {
				w.t.Fatalf("%s: dropped %s, which was handed out", w.mode, key)
			}
		}
	}
	if j.Left() != 0 {
		w.t.Fatalf("%v left after Drop", j.Left())
	}
}

// end ends everything and counts.
func (w *watched) end() {
	for w.next() || len(w.running) > 0 {
		for w.next() {
		}
		w.done(len(w.running) - 1)
	}
	for _, j := range w.jobs {
		if !w.s.Finished(j) {
			w.t.Fatalf("%s never ends", j.Package.Name)
		}
		for worker := range w.workers {
			for _, test := range j.Package.Tests {
				if w.ran[w.key(j, test.Name, worker)] == 0 && !(w.mode == Each && w.dropped[j.Package.Name]) {
					w.t.Fatalf("%s: %s never ran", w.mode, w.key(j, test.Name, worker))
				}
			}
			if len(j.Package.Tests) == 0 && !w.dropped[j.Package.Name] && w.ran[w.key(j, "", worker)] == 0 {
				w.t.Fatalf("%s: %s never ran", w.mode, j.Package.Name)
			}
		}
	}
}
