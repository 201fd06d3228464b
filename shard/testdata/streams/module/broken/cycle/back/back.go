package back

import _ "example.com/streams/broken/cycle"
