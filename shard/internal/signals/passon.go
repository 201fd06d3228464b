package signals

import "os"

// PassOn is the target that passes signals to a run with a watch of its own.
type PassOn struct{ To *Watch }

// Interrupt implements Stopper, as Kill and CleanUp do.
func (p PassOn) Interrupt(sig os.Signal) { p.To.Send(sig) }

// Kill is the second signal for the run.
func (p PassOn) Kill() { p.To.Send(os.Interrupt) }

// CleanUp has nothing to do.
func (p PassOn) CleanUp() error { return nil }
