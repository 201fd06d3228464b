package pass

// Double is here so that a part of the package is covered.
func Double(n int) int {
	if n < 0 {
		panic("negative")
	}
	return 2 * n
}

func unused() int { return Double(1) }
