package gotest

import (
	"fmt"
	"strings"
)

// space are the characters that separate words for the go command.
const space = " \t\n\r"

// splitQuoted splits text into words as the go command splits GOFLAGS and -exec
// (cmd/internal/quoted, Split). A word may be in single or double quotes. A quote inside a
// word is part of it, and so is a backslash anywhere: there are no escapes.
func splitQuoted(text string) ([]string, error) {
	var words []string
	for {
		text = strings.TrimLeft(text, space)
		if text == "" {
			return words, nil
		}
		if quote := text[0]; quote == '"' || quote == '\'' {
			end := strings.IndexByte(text[1:], quote)
			if end < 0 {
				return nil, fmt.Errorf("the quote %c is not closed", quote)
			}
			words = append(words, text[1:1+end])
			text = text[end+2:] // text right after it is the next word
			continue
		}
		end := strings.IndexAny(text, space)
		if end < 0 {
			end = len(text)
		}
		words = append(words, text[:end])
		text = text[end:]
	}
}

// joinQuoted is the inverse of splitQuoted. A word that needs quotes and contains both
// kinds is an error, because it cannot be written.
func joinQuoted(words ...string) (string, error) {
	quoted := make([]string, len(words))
	for i, word := range words {
		switch {
		case word != "" && !strings.ContainsAny(word, space) && word[0] != '\'' && word[0] != '"':
			quoted[i] = word
		case !strings.Contains(word, "'"):
			quoted[i] = "'" + word + "'"
		case !strings.Contains(word, `"`):
			quoted[i] = `"` + word + `"`
		default:
			return "", fmt.Errorf("the path %q contains both kinds of quotes, which the go command does not support in -exec and -toolexec; move the program", word)
		}
	}
	return strings.Join(quoted, " "), nil
}
