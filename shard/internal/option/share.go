package option

import (
	"fmt"
	"strconv"
	"strings"
)

// Share is a part of all, from 0 to 1, written as a percentage.
type Share float64

// String returns the share as a percentage, empty for 0.
func (s *Share) String() string {
	if *s == 0 {
		return ""
	}
	return strconv.FormatFloat(100*float64(*s), 'g', 6, 64) + "%"
}

// Type returns the name of the value in the help.
func (s *Share) Type() string { return "share" }

// Set reads a percentage above 0.
func (s *Share) Set(text string) error {
	number, ok := strings.CutSuffix(text, "%")
	percent, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(percent > 0 && percent <= 100) || strings.ContainsAny(number, "eExX_+") {
		return fmt.Errorf("%q is not a share; write a percentage above 0%% and up to 100%%, such as 5%%", text)
	}
	*s = Share(percent / 100)
	return nil
}
