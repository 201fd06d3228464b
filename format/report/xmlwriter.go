package report

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
)

// xmlWriter writes an XML file element by element, in the form of xml.MarshalIndent with
// tabs. It keeps its first error until close.
type xmlWriter struct {
	out     *bufio.Writer
	encoder *xml.Encoder
	err     error
}

func newXMLWriter(out io.Writer) *xmlWriter {
	w := &xmlWriter{out: bufio.NewWriter(out)}
	w.encoder = xml.NewEncoder(w.out)
	w.encoder.Indent("", "\t")
	_, w.err = w.out.WriteString(xml.Header)
	return w
}

// start begins an element. Attributes without a name are left out.
func (w *xmlWriter) start(name string, attributes ...xml.Attr) {
	start := xml.StartElement{Name: xml.Name{Local: name}}
	for _, attribute := range attributes {
		if attribute.Name.Local != "" {
			start.Attr = append(start.Attr, attribute)
		}
	}
	if w.err == nil {
		w.err = w.encoder.EncodeToken(start)
	}
}

func (w *xmlWriter) end(name string) {
	if w.err == nil {
		w.err = w.encoder.EncodeToken(xml.EndElement{Name: xml.Name{Local: name}})
	}
}

// element writes a whole element.
func (w *xmlWriter) element(name string, value any) {
	if w.err == nil {
		w.err = w.encoder.EncodeElement(value, xml.StartElement{Name: xml.Name{Local: name}})
	}
}

func (w *xmlWriter) close() error {
	if w.err == nil {
		w.err = w.encoder.Close()
	}
	if w.err == nil {
		w.err = w.out.Flush()
	}
	if w.err != nil {
		return fmt.Errorf("failed to write JUnit XML: %w", w.err)
	}
	return nil
}

func text(name, value string) xml.Attr {
	return xml.Attr{Name: xml.Name{Local: name}, Value: value}
}

func number(name string, n int) xml.Attr { return text(name, strconv.Itoa(n)) }

// optional returns an empty attribute if the value is empty.
func optional(name, value string) xml.Attr {
	if value == "" {
		return xml.Attr{}
	}
	return text(name, value)
}
