package config

import (
	"slices"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Kind is the kind of a value.
type Kind string

// The kinds, in the words of error texts.
const (
	Table   Kind = "a table"
	List    Kind = "a list"
	Text    Kind = "a text"
	Integer Kind = "a whole number"
	Bool    Kind = "true or false"
	Date    Kind = "a date"
	Other   Kind = "a number or a time"
)

// Value is a value of a file.
type Value struct {
	Key  string // empty for an item of a list
	Kind Kind
	// Text is the value of a text, and the source of a number, a date and a bool.
	Text string
	// Items are those of a list, or the values of a table, in the order of the file.
	Items []*Value

	offset int // of the key, or of an item of a list
}

// Get returns the value of a key of a table, nil for none.
func (v *Value) Get(key string) *Value {
	for _, item := range v.Items {
		if item.Key == key {
			return item
		}
	}
	return nil
}

// parse builds the tree of values. What is against the rules of TOML was found before.
func (f *File) parse() (Value, error) {
	var p unstable.Parser
	p.Reset(f.text)
	root := &Value{Kind: Table}
	current := root
	for p.NextExpression() {
		node := p.Expression()
		switch node.Kind {
		case unstable.Table:
			current = root.descend(keys(node))
		case unstable.ArrayTable:
			path := keys(node)
			list := root.descend(path[:len(path)-1]).child(path[len(path)-1], List)
			current = &Value{Kind: Table, offset: list.offset}
			if len(list.Items) > 0 { // the place of its own header
				current.offset = int(path[len(path)-1].Raw.Offset)
			}
			list.Items = append(list.Items, current)
		case unstable.KeyValue:
			current.add(node)
		}
	}
	return *root, p.Error()
}

// mostKeys is how many keys a file can have. The time to find those that are there twice grows with
// the square of their number.
const mostKeys = 10_000

// checkSize refuses a file with too many keys. It leaves other mistakes to later checks.
func (f *File) checkSize() error {
	var p unstable.Parser
	p.Reset(f.text)
	for n := 0; p.NextExpression(); {
		node := p.Expression()
		if n += countKeys(node); n > mostKeys {
			at := &Value{}
			if it := node.Key(); it.Next() {
				at.offset = int(it.Node().Raw.Offset)
			}
			return f.Errorf(at, "the file has more than %d keys: is this the configuration file of gotestshard?", mostKeys)
		}
	}
	return nil
}

// countKeys returns how many keys an expression or value has in it.
func countKeys(node *unstable.Node) int {
	switch node.Kind {
	case unstable.Table, unstable.ArrayTable:
		return 1
	case unstable.KeyValue:
		return 1 + countKeys(node.Value())
	case unstable.Array, unstable.InlineTable:
		n := 0
		for it := node.Children(); it.Next(); {
			n += countKeys(it.Node())
		}
		return n
	}
	return 0
}

func keys(node *unstable.Node) []*unstable.Node {
	var all []*unstable.Node
	for it := node.Key(); it.Next(); {
		all = append(all, it.Node())
	}
	return all
}

// descend returns the table of a path, the last one of each list of tables.
func (v *Value) descend(path []*unstable.Node) *Value {
	for _, key := range path {
		v = v.child(key, Table)
		if v.Kind == List {
			v = v.Items[len(v.Items)-1]
		}
	}
	return v
}

// child returns the value of a key, a new one of that kind if there is none.
func (v *Value) child(key *unstable.Node, kind Kind) *Value {
	if known := v.Get(string(key.Data)); known != nil {
		return known
	}
	added := &Value{Key: string(key.Data), Kind: kind, offset: int(key.Raw.Offset)}
	v.Items = append(v.Items, added)
	return added
}

// add adds a key with its value to a table.
func (v *Value) add(node *unstable.Node) {
	path := keys(node)
	table := v.descend(path[:len(path)-1])
	key := path[len(path)-1]
	added := value(node.Value())
	added.Key, added.offset = string(key.Data), int(key.Raw.Offset)
	table.Items = append(table.Items, added)
}

// value returns a value without a key.
func value(node *unstable.Node) *Value {
	v := &Value{Text: string(node.Data), offset: int(node.Raw.Offset)}
	switch node.Kind {
	case unstable.String:
		v.Kind = Text
	case unstable.Integer:
		v.Kind = Integer
		if n, err := strconv.ParseInt(v.Text, 0, 64); err == nil { // with underscores, or in hexadecimal
			v.Text = strconv.FormatInt(n, 10)
		}
	case unstable.Bool:
		v.Kind = Bool
	case unstable.LocalDate:
		v.Kind = Date
	case unstable.Array:
		v.Kind = List
		for it := node.Children(); it.Next(); {
			v.Items = append(v.Items, value(it.Node()))
		}
	case unstable.InlineTable:
		v.Kind = Table
		for it := node.Children(); it.Next(); {
			v.add(it.Node())
		}
	default:
		v.Kind = Other
	}
	return v
}

// Texts returns the texts of a list of texts, and the first item that is not one.
func (v *Value) Texts() (texts []string, bad *Value) {
	if at := slices.IndexFunc(v.Items, func(item *Value) bool { return item.Kind != Text }); at >= 0 {
		return nil, v.Items[at]
	}
	for _, item := range v.Items {
		texts = append(texts, item.Text)
	}
	return texts, nil
}
