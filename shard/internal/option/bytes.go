package option

import (
	"fmt"
	"strconv"
	"strings"
)

// Bytes is a size in bytes, written as a number with one of the units K, M, G and T, powers of 1024.
type Bytes int64

const byteUnits = "KMGT"

// String returns the size with the largest unit in which it is a whole number.
func (b *Bytes) String() string {
	size, unit := *b, ""
	for _, next := range byteUnits {
		if size == 0 || size%1024 != 0 {
			break
		}
		size, unit = size/1024, string(next)
	}
	if unit == "" && size != 0 {
		unit = "B"
	}
	return strconv.FormatInt(int64(size), 10) + unit
}

// Type returns the name of the value in the help.
func (b *Bytes) Type() string { return "size" }

// Set reads a size. 2G, 2g, 2GB and 2GiB are the same. Bytes have the unit B, so that a 2 that is
// meant to be 2G does not empty a cache.
func (b *Bytes) Set(text string) error {
	digits := strings.TrimRight(text, "KMGTBkmgtbi")
	unit := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(text[len(digits):]), "B"), "I")
	shift := 0
	if unit != "" {
		shift = 10 * (1 + strings.Index(byteUnits, unit))
	}
	number, err := strconv.ParseFloat(digits, 64)
	size := number * float64(int64(1)<<shift)
	if err != nil || digits == text && number != 0 || len(unit) > 1 || shift == 0 && unit != "" || number < 0 || !(size < 1<<62) {
		return fmt.Errorf("%q is not a size; write a number with a unit, such as 2G or 500M", text)
	}
	*b = Bytes(size)
	return nil
}
