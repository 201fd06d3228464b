package refunds_test

import (
	"testing"

	"example.com/shop/orders"
	"example.com/shop/refunds"
	"example.com/shop/testdb"
)

func TestOrdersAreRefundedOnce(t *testing.T) {
	db := testdb.Open(t)
	for _, cents := range []int{100, 200} {
		if err := orders.Place(t.Context(), db, "ann", cents); err != nil {
			t.Fatal(err)
		}
	}
	testdb.Meet(t)
	for _, want := range []int{300, 0} {
		if cents, err := refunds.All(t.Context(), db, "ann"); cents != want || err != nil {
			t.Errorf("got %d cents, %v, want %d", cents, err, want)
		}
	}
}

func TestNothingIsRefundedWithoutOrders(t *testing.T) {
	db := testdb.Open(t)
	if cents, err := refunds.All(t.Context(), db, "ann"); cents != 0 || err != nil {
		t.Errorf("got %d cents, %v, want 0", cents, err)
	}
}
