package plan

// files returns the tests of p by the files that declare them. A test that two files
// declare joins these files. A piece of a test is a unit of its own.
func files(p Package) []unit {
	parent := map[string]string{}
	var root func(file string) string
	root = func(file string) string {
		up, ok := parent[file]
		if !ok || up == file {
			return file
		}
		up = root(up)
		parent[file] = up
		return up
	}
	for _, t := range p.Tests {
		for _, file := range t.Files {
			if a, b := root(file), root(t.Files[0]); a != b {
				parent[a] = b
			}
		}
	}
	var order []string
	tests := map[string][]int{}
	var units []unit
	for i, t := range p.Tests {
		if t.Of != "" {
			units = append(units, newUnit(p, i))
			continue
		}
		file := "" // unknown: those stay together too
		if len(t.Files) > 0 {
			file = root(t.Files[0])
		}
		if tests[file] == nil {
			order = append(order, file)
		}
		tests[file] = append(tests[file], i)
	}
	for _, file := range order {
		units = append(units, newUnit(p, tests[file]...))
	}
	return units
}
