package plain

import (
	"strings"
	"unicode/utf8"
)

// Suggest returns which of the known words was probably meant by a word, as a question and a
// space to put before a hint, or "" if none is similar.
func Suggest(word string, known []string) string {
	letters := len(strings.TrimLeft(word, "-")) // it may be a flag
	best, least := "", (letters+1)/3            // with more changes it is another word
	for _, candidate := range known {
		changes := abs(utf8.RuneCountInString(word) - utf8.RuneCountInString(candidate)) // at least
		switch {
		case letters >= minPrefix && strings.HasPrefix(candidate, word):
			changes = 1
		case changes <= least: // a word can be a value of megabytes
			changes = distance(word, candidate)
		}
		if changes < least || changes == least && (best == "" || len(candidate) < len(best)) {
			best, least = candidate, changes
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "? "
}

func abs(n int) int { return max(n, -n) }

// minPrefix is the least length of an unfinished word.
const minPrefix = 3

// distance returns how many letters have to be changed, added, left out or swapped with
// their neighbor to make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for k := range y {
		rows[0][k+1] = k + 1
	}
	for i := range x {
		for k := range y {
			change := 1
			if x[i] == y[k] {
				change = 0
			}
			least := min(rows[i][k]+change, rows[i][k+1]+1, rows[i+1][k]+1)
			if i > 0 && k > 0 && x[i] == y[k-1] && x[i-1] == y[k] {
				least = min(least, rows[i-1][k-1]+1)
			}
			rows[i+1][k+1] = least
		}
	}
	return rows[len(x)][len(y)]
}
