package live

import "os"

// Windows has no signal for it.
var askSignals []os.Signal
