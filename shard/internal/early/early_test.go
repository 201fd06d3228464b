package early

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestRequestKeepsAnyBytes(t *testing.T) {
	for _, want := range []Request{
		{Token: "t", Timeout: "2s", Dir: "/\xff", Command: []string{"caf\xe9", ""}, Env: []string{"A=\xe9\n", ""}},
		{Command: []string{}, Env: []string{}},
		{Command: []string{}, Env: []string{"A=1"}},
		{Command: []string{"", "", ""}, Env: []string{}},
	} {
		got, err := ReadRequest(bytes.NewReader(append(want.Encode(), "more"...)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestReadRequestRefuses(t *testing.T) {
	request := func(text string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text
	}
	for text, want := range map[string]string{
		"":                                   "EOF",
		"\x00\x00\x00\x05abc":                "unexpected EOF",
		"\xff\xff\xff\xff":                   "it has more than 8388608 bytes",
		request(""):                          "it is cut off",
		request("a\x00b\x00c\x00"):           "it is cut off",
		request("a\x00b\x00c\x000"):          "it is cut off",
		request("a\x00b\x00c\x001\x00"):      `it has not the "1" words that it announces`,
		request("a\x00b\x00c\x00-1\x00\x00"): `it has not the "-1" words that it announces`,
		request("a\x00b\x00c\x00\x00x\x00"):  `it has not the "" words that it announces`,
	} {
		if _, err := ReadRequest(strings.NewReader(text)); err == nil || err.Error() != "reading a hook's request: "+want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestFollow(t *testing.T) {
	frame := func(kind byte, payload string) string {
		return string(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(payload)))) + payload
	}
	tests := map[string]struct {
		in, out string
		code    int
		left    []string
		err     string
	}{
		"output and exit":           {in: frame('o', "a") + frame('o', "b\n") + frame('x', "3"), out: "ab\n", code: 3},
		"a negative code":           {in: frame('x', "-1"), code: -1},
		"all have ended":            {in: frame('p', "5 1") + frame('e', "5 1") + frame('o', "a"), out: "a", err: "gotestshard exited before this test ended"},
		"some have not ended":       {in: frame('p', "5 1") + frame('p', "6 1") + frame('p', "5 2") + frame('e', "5 1"), left: []string{"6 1", "5 2"}, err: "gotestshard exited before this test ended"},
		"an end without an exit":    {in: frame('o', "a"), out: "a", err: "gotestshard exited before this test ended"},
		"a cut frame":               {in: frame('p', "5 1") + frame('o', "abc")[:6], left: []string{"5 1"}, err: "gotestshard exited before this test ended"},
		"an unknown frame":          {in: frame('?', ""), err: "unknown frame '?' from the coordinator"},
		"a code that is not a code": {in: frame('x', "x"), err: `strconv.Atoi: parsing "x": invalid syntax`},
		"a frame that is too big":   {in: "o\xff\xff\xff\xff", err: "gotestshard exited before this test ended"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			code, left, err := Follow(strings.NewReader(test.in), &out)
			if code != test.code || out.String() != test.out || !slices.Equal(left, test.left) || (err == nil) != (test.err == "") ||
				err != nil && err.Error() != test.err {
				t.Errorf("got %d, %q, %q, %v", code, out.String(), left, err)
			}
		})
	}
}
