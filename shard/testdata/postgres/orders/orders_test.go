package orders_test

import (
	"testing"

	"example.com/shop/orders"
	"example.com/shop/testdb"
)

func TestThereAreNoOrdersAtFirst(t *testing.T) {
	db := testdb.Open(t)
	if cents, err := orders.Total(t.Context(), db); cents != 0 || err != nil {
		t.Errorf("got %d cents, %v, want 0", cents, err)
	}
}

func TestTotalIsOfAllOrders(t *testing.T) {
	db := testdb.Open(t)
	for _, cents := range []int{1, 2} {
		if err := orders.Place(t.Context(), db, "ann", cents); err != nil {
			t.Fatal(err)
		}
	}
	testdb.Meet(t)
	if cents, err := orders.Total(t.Context(), db); cents != 3 || err != nil {
		t.Errorf("got %d cents, %v, want 3", cents, err)
	}
}
