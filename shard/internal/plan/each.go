package plan

// each holds units that every worker runs once, all of them in one process.
type each struct {
	units []unit
	had   []bool // by worker
}

func newEach(units []unit, workers int) *each { return &each{units, make([]bool, workers)} }

func (q *each) ready(worker int, _ map[string]bool) bool { return len(q.units) > 0 && !q.had[worker] }

func (q *each) take(worker int, _ map[string]bool, _ want) []unit {
	q.had[worker] = true
	return q.units
}

// rest returns the units that no worker had.
func (q *each) rest() []unit {
	for _, had := range q.had {
		if had {
			return nil
		}
	}
	return q.units
}
