package queueserver

import "crypto/rand"

// Embed starts a server for the processes of one run on this machine, which stores into a folder
// that is removed with the run. It returns the token that these processes need.
func Embed(dir string, log func(line string)) (s *Server, token string, err error) {
	token = rand.Text()
	s, err = Start(Config{Listen: "127.0.0.1:0", Store: dir, Secret: token, MaxStore: 100 << 30, Log: log})
	return s, token, err
}
