package queue

import (
	"fmt"
	"slices"
	"strings"
)

// Differs returns an error if a node with these facts must not take part, because it would run
// something else than the node that made the plan.
func (p Plan) Differs(facts []Fact) error {
	var names []string
	value := func(of []Fact, name string) string {
		for _, f := range of {
			if f.Name == name {
				return f.Value
			}
		}
		return ""
	}
	for _, f := range append(slices.Clone(facts), p.Facts...) {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	var differences []string
	for _, name := range names {
		here, there := value(facts, name), value(p.Facts, name)
		if here != there {
			differences = append(differences, fmt.Sprintf("%s: %s here, and %s on %s", name, shown(here), shown(there), p.Node))
		}
	}
	if len(differences) == 0 {
		return nil
	}
	return fmt.Errorf("this node would not run what %s planned for this build (%s); "+
		"give all nodes of a build the same sources and flags, or this one another --build", p.Node, strings.Join(differences, "; "))
}

func shown(value string) string {
	if value == "" {
		return "none"
	}
	return fmt.Sprintf("%q", value)
}
