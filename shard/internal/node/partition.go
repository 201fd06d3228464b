// Package node detects the CI and which of its nodes this job is. Everything known about
// CIs is in its table, except for the syntax of their logs, which is in package
// format/ci. The package has no side effects: it reads environment variables with a given
// function.
package node

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MostParts is the largest number of nodes. More nodes are a mistake.
const MostParts = 10_000

// Partition is the value of --partition.
type Partition struct {
	// Index is the number of this part, from 1; 0 for auto.
	Index int
	// Total is the number of parts; 0 for auto without a number.
	Total int
}

// Auto reports whether the index comes from the environment.
func (p Partition) Auto() bool { return p.Index == 0 }

// String returns the form that Parse reads.
func (p Partition) String() string {
	switch {
	case p.Auto() && p.Total == 0:
		return "auto"
	case p.Auto():
		return fmt.Sprintf("auto/%d", p.Total)
	}
	return fmt.Sprintf("%d/%d", p.Index, p.Total)
}

// Parse reads m/n, auto or auto/n. Numbers are only digits, so that an unset variable of a
// shell causes an error.
func Parse(text string) (Partition, error) {
	wrong := func(why string) (Partition, error) {
		return Partition{}, fmt.Errorf("%s; write m/n with m from 1 to n and n up to %d, auto, or auto/n", why, MostParts)
	}
	if text == "auto" {
		return Partition{}, nil
	}
	first, second, ok := strings.Cut(text, "/")
	if !ok {
		return wrong("it has no slash: 2/4 is part 2 of 4")
	}
	total, ok := number(second)
	if !ok || total < 1 || total > MostParts {
		return wrong(fmt.Sprintf("%q is not a number of parts", second))
	}
	if first == "auto" {
		return Partition{Total: total}, nil
	}
	index, ok := number(first)
	switch {
	case !ok:
		return wrong(fmt.Sprintf("%q is not the number of a part", first))
	case index == 0:
		return wrong("parts are counted from 1")
	case index > total:
		return wrong(fmt.Sprintf("part %d of %d does not exist", index, total))
	}
	return Partition{Index: index, Total: total}, nil
}

// number reads digits.
func number(text string) (int, bool) {
	for _, r := range text {
		if r < '0' || r > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// Resolve returns p with the index and the total from the environment, if it is auto.
// touch is the file that must be touched to confirm this to the CI, if it requires that.
func (p Partition) Resolve(getenv func(string) string) (resolved Partition, touch string, err error) {
	if !p.Auto() {
		return p, "", nil
	}
	node, err := find(getenv, p.Total)
	if err != nil {
		return Partition{}, "", err
	}
	if p.Total != 0 && p.Total != node.total {
		return Partition{}, "", fmt.Errorf("%s sets %s=%d, but --partition is auto/%d; use --partition auto",
			node.name, node.provider.total, node.total, p.Total)
	}
	if node.touch != "" {
		touch = getenv(node.touch)
	}
	return Partition{Index: node.index, Total: node.total}, touch, nil
}

// node is the node that a provider reports.
type node struct {
	provider
	index, total int // from 1
}

// find returns the node from the environment. parts is the number that the user set, 0 for
// none.
func find(getenv func(string) string, parts int) (node, error) {
	var found []node
	var looked []string
	known := false // whether a CI was found
	for _, p := range providers {
		if !p.hasNodes() || getenv(p.job) == "" || p.last && known {
			continue
		}
		known = true
		if p.index == "" {
			looked = append(looked, p.name+" does not number its nodes: "+p.hint)
			continue
		}
		index, total := getenv(p.index), getenv(p.total)
		if p.total == "" { // the user must set it
			if parts == 0 {
				return node{}, fmt.Errorf("%s sets %s=%q but not the number of nodes; use --partition auto/N", p.name, p.index, index)
			}
			total = strconv.Itoa(parts)
		}
		switch {
		case index == "" && total == "":
			looked = append(looked, fmt.Sprintf("%s sets neither %s nor %s: %s", p.name, p.index, p.total, p.hint))
			continue
		case index == "" && total == "1" && p.alone:
			index = strconv.Itoa(p.first)
		}
		n, err := p.read(index, total)
		if err != nil {
			return node{}, err
		}
		found = append(found, n)
	}
	if len(found) == 0 {
		if !known {
			return node{}, fmt.Errorf("no CI that numbers its nodes was found, because none of %s is set; name the part, as in --partition 1/4",
				strings.Join(jobs(), ", "))
		}
		return node{}, errors.New(strings.Join(looked, "; ") + "; or name the part, as in --partition 1/4")
	}
	for _, other := range found[1:] {
		if first := found[0]; other.index != first.index || other.total != first.total {
			return node{}, fmt.Errorf("%s and %s contradict each other; name the part, as in --partition %d/%d",
				first.says(getenv), other.says(getenv), first.index, first.total)
		}
	}
	return found[0], nil
}

// says returns the provider's variables and their meaning, for messages.
func (n node) says(getenv func(string) string) string {
	said := n.provider.index + "=" + getenv(n.provider.index)
	if n.provider.total != "" {
		said += " " + n.provider.total + "=" + getenv(n.provider.total)
	}
	return fmt.Sprintf("%s (%s: part %d of %d)", n.name, said, n.index, n.total)
}

// read parses the values of a provider's variables.
func (p provider) read(indexText, totalText string) (node, error) {
	said := fmt.Sprintf("%s sets %s=%q", p.name, p.index, indexText)
	if p.total != "" {
		said += fmt.Sprintf(" and %s=%q", p.total, totalText)
	}
	wrong := func(why string) (node, error) {
		return node{}, fmt.Errorf("%s: %s; name the part, as in --partition 1/4", said, why)
	}
	index, ok := number(indexText)
	if !ok {
		return wrong("that is not a number")
	}
	total, ok := number(totalText)
	switch {
	case !ok:
		return wrong("that is not a number")
	case total < 1 || total > MostParts:
		return wrong(fmt.Sprintf("the number of nodes must be from 1 to %d", MostParts))
	case index < p.first || index-p.first >= total:
		return wrong(fmt.Sprintf("the nodes are numbered from %d to %d", p.first, total-1+p.first))
	}
	return node{provider: p, index: index - p.first + 1, total: total}, nil
}
