package watch

// room counts the open files that watching takes. The zero room has no limit.
type room struct {
	needs       func(dir string) int // how many a folder takes
	taken, most int
	counted     map[string]bool // the folders that are in taken
}

// has counts a folder before it is watched, and reports whether that is not too much.
func (r *room) has(dir string) bool {
	if r.needs != nil && !r.counted[dir] {
		r.counted[dir] = true
		r.taken += r.needs(dir)
	}
	return r.taken <= r.most
}
