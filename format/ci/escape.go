package ci

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// The escapes of GitHub's commands (actions/toolkit, core/src/command.ts). Data ends
// at the end of the line, a property at a comma or a colon.
var (
	gitHubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	gitHubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// property belongs to a command or a message. Without a value it is left out.
type property struct{ name, value string }

// gitHubCommand returns a line with a command.
func gitHubCommand(name string, properties []property, data string) string {
	var b strings.Builder
	b.WriteString("::" + name)
	separator := " "
	for _, p := range properties {
		if p.value != "" {
			b.WriteString(separator + p.name + "=" + gitHubProperty.Replace(p.value))
			separator = ","
		}
	}
	b.WriteString("::" + gitHubData.Replace(data) + "\n")
	return b.String()
}

// teamCityMessage returns a line with a service message. In it, the characters that end
// a value are escaped by a bar, and non-ASCII characters by their codes.
func teamCityMessage(name string, properties []property) string {
	var b strings.Builder
	b.WriteString("##teamcity[" + name)
	for _, p := range properties {
		if p.value != "" {
			b.WriteString(" " + p.name + "='" + teamCityValue(p.value) + "'")
		}
	}
	b.WriteString("]\n")
	return b.String()
}

func teamCityValue(value string) string {
	var b strings.Builder
	for _, r := range value {
		switch {
		case strings.ContainsRune("|'[]", r):
			b.WriteByte('|')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString("|n")
		case r == '\r':
			b.WriteString("|r")
		case r == '\t', r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{picture(r)}) {
				fmt.Fprintf(&b, "|0x%04X", unit)
			}
		}
	}
	return b.String()
}

// cut shortens text to at most limit bytes, at the end of a character.
func cut(text string, limit int) string {
	const note = " … (cut)"
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(note)], "") + note
}
