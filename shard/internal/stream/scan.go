package stream

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"
)

// scanHeader is the fast path of parseHeader. It reads JSON objects with plain keys and
// with strings, numbers and literals as values, which is what go test -json prints. It
// returns false for every other line. It is one long function because it runs for each
// line: with a call for each key, a scan took about 5% more processor time (medians of 40
// alternating runs).
func scanHeader(line []byte, h *header) bool { //nolint:funlen // a call for each key costs time, see above
	*h = header{}
	i := skipSpace(line, 0)
	if i >= len(line) || line[i] != '{' {
		return false
	}
	i = skipSpace(line, i+1)
	if i < len(line) && line[i] == '}' {
		return skipSpace(line, i+1) == len(line)
	}
	for first := true; ; first = false {
		keyStart := i
		key, plain, next, ok := scanString(line, i)
		if !ok || !plain {
			return false
		}
		i = skipSpace(line, next)
		if i >= len(line) || line[i] != ':' {
			return false
		}
		i = skipSpace(line, i+1)
		value, isString, plain, next, ok := scanValue(line, i)
		if !ok {
			return false
		}
		switch string(key) {
		case "Action":
			ok = isString
			h.action = decoded(value, plain)
		case "Package":
			ok = isString
			h.pkg = decoded(value, plain)
		case "Test":
			ok = isString
			h.test = decoded(value, plain)
		case "Worker":
			ok = isString && h.workerEnd == 0
			h.worker = decoded(value, plain)
			h.workerStart, h.workerEnd = keyStart, next
			if !first { // include the comma before the key
				h.workerStart = bytes.LastIndexByte(line[:keyStart], ',')
			}
		case "Time":
			ok = isString && isTime(value)
			h.time = value
			if first {
				h.timeEnd = next
			}
		case "Elapsed":
			ok = !isString && isNumber(value)
			h.elapsed = value
		case "Output":
			ok = isString
			h.output, h.outputStart, h.plain = value, i+1, plain
		case "OutputType":
			ok = isString
			h.typed = true
		case "ImportPath":
			ok = isString
			h.importPath = decoded(value, plain)
		case "Key":
			ok = isString
			h.key = decoded(value, plain)
		case "Value":
			ok = isString
			h.value = decoded(value, plain)
		case "FailedBuild", "Path":
			ok = isString
		default:
			// encoding/json ignores the case of keys, so a key that is unknown here may
			// be known to the consumer.
			ok = !isEventKey(string(key)) && (isString || json.Valid(value))
			h.more = true
		}
		if !ok {
			return false
		}
		i = skipSpace(line, next)
		if i >= len(line) {
			return false
		}
		if line[i] == '}' {
			return skipSpace(line, i+1) == len(line)
		}
		if line[i] != ',' {
			return false
		}
		if h.workerEnd == next && first { // the first key includes the comma after it
			h.workerEnd = i + 1
		}
		i = skipSpace(line, i+1)
	}
}

// decoded returns the text of a JSON string. A plain one is ASCII without escapes.
func decoded(raw []byte, plain bool) []byte {
	if plain {
		return raw
	}
	if text, ok := unescape(nil, raw); ok {
		return text
	}
	var text string
	if json.Unmarshal(slices.Concat([]byte{'"'}, raw, []byte{'"'}), &text) != nil {
		return raw // scanString accepts only what encoding/json accepts
	}
	return []byte(text)
}

// unescape appends the text of a JSON string to dst. It returns false for what encoding/json
// replaces, such as invalid UTF-8.
func unescape(dst, raw []byte) (text []byte, ok bool) {
	if !utf8.Valid(raw) {
		return dst, false
	}
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return append(dst, raw...), true
		}
		dst = append(dst, raw[:i]...)
		escape := raw[i+1] // scanString accepts only complete escapes
		raw = raw[i+2:]
		switch escape {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			r, err := strconv.ParseUint(string(raw[:4]), 16, 16)
			if err != nil || r >= 0xD800 && r < 0xE000 { // a surrogate
				return dst, false
			}
			dst = utf8.AppendRune(dst, rune(r))
			raw = raw[4:]
		default: // a quote or a slash stands for itself
			dst = append(dst, escape)
		}
	}
}

// isTime reports whether time.Time certainly decodes value: RFC 3339 in UTC or with an
// offset, on a day that exists in its month.
func isTime(value []byte) bool {
	const form = "2006-01-02T15:04:05"
	if len(value) <= len(form) {
		return false
	}
	two := func(i int) int { // -1 if there are not two digits
		if a, b := value[i]-'0', value[i+1]-'0'; a <= 9 && b <= 9 {
			return int(a)*10 + int(b)
		}
		return -1
	}
	within := func(i, low, high int) bool { n := two(i); return n >= low && n <= high }
	if value[4] != '-' || value[7] != '-' || value[10] != 'T' || value[13] != ':' || value[16] != ':' ||
		two(0) < 0 || two(2) < 0 || !within(5, 1, 12) || !within(8, 1, daysIn(two(5), 100*two(0)+two(2))) ||
		!within(11, 0, 23) || !within(14, 0, 59) || !within(17, 0, 59) {
		return false
	}
	rest := value[len(form):]
	if rest[0] == '.' {
		digits := 1
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if digits == 1 || digits > 10 {
			return false
		}
		rest = rest[digits:]
	}
	if len(rest) == len("+00:00") && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' {
		at := len(value) - len(rest)
		return within(at+1, 0, 23) && within(at+4, 0, 59)
	}
	return string(rest) == "Z"
}

// daysIn returns the number of days in a month.
func daysIn(month, year int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// isNumber reports whether value is a JSON number that fits in a float64. It recognizes
// only small ones without a sign and an exponent.
func isNumber(value []byte) bool {
	whole, fraction, isFraction := bytes.Cut(value, []byte{'.'})
	return len(value) < 20 && isDigits(whole) && (len(whole) == 1 || whole[0] != '0') && (!isFraction || isDigits(fraction))
}

func isDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// scanString returns the raw text of the JSON string that starts at b[i], whether it is
// plain (no escapes, only ASCII), and the index after it.
func scanString(b []byte, i int) (content []byte, plain bool, next int, ok bool) {
	if i >= len(b) || b[i] != '"' {
		return nil, false, 0, false
	}
	end, plain := stringEnd(b, i+1)
	if end < 0 {
		return nil, false, 0, false
	}
	return b[i+1 : end], plain, end + 1, true
}

// stringEnd returns the index of the quote that ends the JSON string whose text starts at
// b[i], -1 if it is not valid JSON, and whether the text is plain.
func stringEnd(b []byte, i int) (end int, plain bool) {
	plain = true
	for ; ; i++ {
		if i += plainLength(b[min(i, len(b)):]); i >= len(b) {
			return -1, false
		}
		switch c := b[i]; {
		case c == '"':
			return i, plain
		case c < 0x20:
			return -1, false
		case c >= utf8.RuneSelf:
			plain = false
		case c == '\\':
			plain = false
			n := escapeLength(b[i:])
			if n == 0 {
				return -1, false
			}
			i += n - 1
		}
	}
}

// plainLength returns how much at the beginning of b is plain text, as far as that can be
// found out in steps of eight bytes: without control characters, quotes, backslashes and
// bytes outside ASCII.
func plainLength(b []byte) (n int) {
	const each = 0x0101010101010101
	for ; n+8 <= len(b); n += 8 {
		v := binary.LittleEndian.Uint64(b[n:])
		// A subtraction sets the highest bit of a byte that is too small. What it borrows
		// changes only the bytes after that one.
		other := v | (v - 0x20*each) | ((v ^ '"'*each) - each) | ((v ^ '\\'*each) - each)
		if other &= 0x80 * each; other != 0 {
			return n + bits.TrailingZeros64(other)/8
		}
	}
	return n
}

// escapeLength returns the length of the escape at the beginning of b, 0 if JSON does not
// allow it.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && isHex(b[2:6]) {
			return 6
		}
	}
	return 0
}

func isHex(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// scanValue is scanString for any value that is not nested. A value that is not a string
// may not be valid JSON. It counts as plain, since nothing in it is to be decoded.
func scanValue(b []byte, i int) (value []byte, isString, plain bool, next int, ok bool) {
	if i < len(b) && b[i] == '"' {
		value, plain, next, ok = scanString(b, i)
		return value, true, plain, next, ok
	}
	start := i
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] > ' ' {
		i++
	}
	value = b[start:i]
	return value, false, true, i, len(value) > 0 && value[0] != '[' && value[0] != '{'
}
