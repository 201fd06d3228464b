package invoices_test

import (
	"testing"

	"example.com/shop/invoices"
	"example.com/shop/orders"
	"example.com/shop/testdb"
)

func TestACustomerWithoutOrdersOwesNothing(t *testing.T) {
	t.Parallel() // the two tests take turns in testdb.Open
	db := testdb.Open(t)
	if err := orders.Place(t.Context(), db, "bob", 50); err != nil {
		t.Fatal(err)
	}
	if cents, err := invoices.Due(t.Context(), db, "ann"); cents != 0 || err != nil {
		t.Errorf("got %d cents, %v, want 0", cents, err)
	}
}

func TestACustomerOwesAllOrders(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t)
	for _, cents := range []int{10, 20} {
		if err := orders.Place(t.Context(), db, "ann", cents); err != nil {
			t.Fatal(err)
		}
	}
	testdb.Meet(t)
	if cents, err := invoices.Due(t.Context(), db, "ann"); cents != 30 || err != nil {
		t.Errorf("got %d cents, %v, want 30", cents, err)
	}
}
