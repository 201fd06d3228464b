package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// This file is a validator for the part of XML Schema that the schema of Jenkins' xunit plugin
// uses (testdata/junit-10.xsd, from github.com/jenkinsci/xunit-plugin). There is no maintained
// Go library for XML Schema. The validator was compared with xmllint --schema.

// node is an XML element.
type node struct {
	name     string
	attrs    map[string]string
	children []*node
	text     string
}

func parseXML(in io.Reader) (*node, error) {
	decoder := xml.NewDecoder(in)
	root := &node{}
	stack := []*node{root}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			n := &node{name: token.Name.Local, attrs: map[string]string{}}
			for _, attr := range token.Attr {
				n.attrs[attr.Name.Local] = attr.Value
			}
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(token)
		}
	}
	if len(root.children) != 1 {
		return nil, fmt.Errorf("%d root elements, want 1", len(root.children))
	}
	return root.children[0], nil
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// schema has the declarations of an XML schema by name.
type schema struct{ elements, types map[string]*node }

func readSchema(t *testing.T) schema {
	t.Helper()
	file, err := os.Open("testdata/junit-10.xsd")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	root, err := parseXML(file)
	if err != nil {
		t.Fatal(err)
	}
	s := schema{map[string]*node{}, map[string]*node{}}
	for _, n := range root.children {
		if n.name == "element" {
			s.elements[n.attrs["name"]] = n
		} else {
			s.types[n.attrs["name"]] = n
		}
	}
	return s
}

// validate returns the first error of a document, nil if it is valid.
func (s schema) validate(document string) error {
	root, err := parseXML(strings.NewReader(document))
	if err != nil {
		return err
	}
	declared := s.elements[root.name]
	if declared == nil {
		return fmt.Errorf("no element %s", root.name)
	}
	return s.element(root, declared)
}

func (s schema) element(n, declared *node) error {
	if ref := declared.attrs["ref"]; ref != "" {
		declared = s.elements[ref]
	}
	complexType := declared.child("complexType")
	if name := declared.attrs["type"]; name != "" {
		complexType = s.types[name]
	}
	if complexType == nil { // xs:string
		if len(n.children) > 0 || len(n.attrs) > 0 {
			return fmt.Errorf("%s has children or attributes", n.name)
		}
		return nil
	}
	if err := s.attributes(n, complexType); err != nil {
		return err
	}
	if complexType.attrs["mixed"] != "true" && strings.TrimSpace(n.text) != "" {
		return fmt.Errorf("%s has text", n.name)
	}
	inside := map[string]*node{}
	model := s.model(complexType, inside)
	var names strings.Builder
	for _, c := range n.children {
		names.WriteString("<" + c.name + ">")
	}
	if !regexp.MustCompile("^(?:" + model + ")$").MatchString(names.String()) {
		return fmt.Errorf("%s has %s in it, not %s", n.name, names.String(), model)
	}
	for _, c := range n.children {
		if err := s.element(c, inside[c.name]); err != nil {
			return err
		}
	}
	return nil
}

// model returns a regular expression for the allowed children of an element, and adds the
// declarations of the children to inside.
func (s schema) model(n *node, inside map[string]*node) string {
	var parts []string
	for _, c := range n.children {
		var part string
		switch c.name {
		case "element":
			name := c.attrs["name"] + c.attrs["ref"]
			inside[name] = c
			part = "<" + regexp.QuoteMeta(name) + ">"
		case "sequence", "choice":
			part = s.model(c, inside)
		default:
			continue
		}
		times := ""
		switch c.attrs["minOccurs"] + "," + c.attrs["maxOccurs"] {
		case "0,unbounded":
			times = "*"
		case "0,":
			times = "?"
		}
		parts = append(parts, "(?:"+part+")"+times)
	}
	if n.name == "choice" {
		return strings.Join(parts, "|")
	}
	return strings.Join(parts, "")
}

func (s schema) attributes(n, complexType *node) error {
	allowed := map[string]bool{}
	for _, a := range complexType.children {
		if a.name != "attribute" {
			continue
		}
		name := a.attrs["name"]
		allowed[name] = true
		value, ok := n.attrs[name]
		if !ok && a.attrs["use"] == "required" {
			return fmt.Errorf("%s has no %s", n.name, name)
		}
		if simple := s.types[a.attrs["type"]]; ok && simple != nil {
			pattern := simple.child("restriction").child("pattern").attrs["value"]
			if !regexp.MustCompile("^(?:" + pattern + ")$").MatchString(value) {
				return fmt.Errorf("%s %s=%q is not %s", n.name, name, value, pattern)
			}
		}
	}
	for name := range n.attrs {
		if !allowed[name] {
			return fmt.Errorf("%s has the attribute %s", n.name, name)
		}
	}
	return nil
}

func TestTheValidatorFindsWhatIsWrong(t *testing.T) {
	s := readSchema(t)
	suite := func(attrs, inside string) string {
		return `<testsuites><testsuite name="n" tests="1" failures="0" ` + attrs + `>` + inside + `</testsuite></testsuites>`
	}
	tests := map[string]struct{ document, err string }{
		"all is well":          {suite(`errors="0" time="1.234"`, `<testcase name="t"><failure message="m">text</failure></testcase>`), ""},
		"a missing attribute":  {suite(``, ``), "testsuite has no errors"},
		"another attribute":    {suite(`errors="0" x="1"`, ``), "testsuite has the attribute x"},
		"six decimals":         {suite(`errors="0" time="1.234567"`, ``), `testsuite time="1.234567" is not`},
		"a negative time":      {suite(`errors="0" time="-0.1"`, ``), `testsuite time="-0.1" is not`},
		"a file of a test":     {suite(`errors="0"`, `<testcase name="t" file="a_test.go"/>`), "testcase has the attribute file"},
		"another element":      {suite(`errors="0"`, `<case/>`), "testsuite has <case> in it"},
		"text":                 {suite(`errors="0"`, `text`), "testsuite has text"},
		"properties of a test": {suite(`errors="0"`, `<testcase name="t"><properties/></testcase>`), "testcase has <properties> in it"},
		"a rerun without type": {suite(`errors="0"`, `<testcase name="t"><rerunFailure/></testcase>`), "rerunFailure has no type"},
		"another root":         {"<x/>", "no element x"},
		"no XML":               {"<testsuites>", "XML syntax error on line 1: unexpected EOF"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := s.validate(test.document)
			if (err == nil) != (test.err == "") || err != nil && !strings.HasPrefix(err.Error(), test.err) {
				t.Errorf("got %v, want %s", err, test.err)
			}
		})
	}
}
