package after

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	m.Run()
	fmt.Println("cleaning up went wrong")
	os.Exit(1)
}

func TestGood(t *testing.T) {}
