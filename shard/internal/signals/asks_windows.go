package signals

import "os"

// Asks are the signals that ask what runs now. Windows has none.
var Asks []os.Signal
