package gotest

import (
	"fmt"
	"strings"
)

// space is what stands between two words for the go command.
const space = " \t\n\r"

// splitQuoted splits text into words as the go command splits GOFLAGS and -exec
// (cmd/internal/quoted, Split): a word may stand in single or double quotes. A quote
// inside a word is part of it, and so is a backslash everywhere: there are no escapes.
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
			text = text[end+2:] // what follows at once is the next word
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

// joinQuoted is the inverse of splitQuoted. A word with both kinds of quotes in it
// is an error when it needs quotes: nothing can be written for it.
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
			return "", fmt.Errorf("the path %q contains both kinds of quotes, which go test -exec does not support; move the program", word)
		}
	}
	return strings.Join(quoted, " "), nil
}
