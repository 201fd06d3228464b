package stock_test

import (
	"testing"

	"example.com/shop/clonedb"
	"example.com/shop/stock"
)

func TestTheStockIsFullAtFirst(t *testing.T) {
	t.Parallel()
	checkPieces(t, "cup", 0, 8)
}

func TestOneCup(t *testing.T) {
	t.Parallel()
	checkPieces(t, "cup", 1, 7)
}

func TestAllPlates(t *testing.T) {
	t.Parallel()
	checkPieces(t, "plate", 5, 3)
}

func checkPieces(t *testing.T, item string, taken, want int) {
	t.Helper()
	db := clonedb.Open(t)
	if err := stock.Take(t.Context(), db, item, taken); err != nil {
		t.Fatal(err)
	}
	if pieces, err := stock.Pieces(t.Context(), db); pieces != want || err != nil {
		t.Errorf("got %d pieces, %v, want %d", pieces, err, want)
	}
}
