package cycle

import _ "example.com/streams/broken/cycle/back"
