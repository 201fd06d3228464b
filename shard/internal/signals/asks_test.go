package signals

import (
	"os"
	"testing"
)

// The system would end this process.
func TestAQuestionWhileNothingRuns(t *testing.T) {
	Outlive()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, sig := range Asks {
		if err := self.Signal(sig); err != nil {
			t.Error(err)
		}
	}
}
