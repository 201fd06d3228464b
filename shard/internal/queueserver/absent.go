//go:build noqueueserver

package queueserver

import "context"

// Server is a server, of which there are none.
type Server struct{}

// Start returns ErrLeftOut.
func Start(Config) (*Server, error) { return nil, ErrLeftOut }

// URL returns nothing.
func (s *Server) URL() string { return "" }

// WebSocketURL returns nothing.
func (s *Server) WebSocketURL() string { return "" }

// Wait returns ErrLeftOut.
func (s *Server) Wait(context.Context) error { return ErrLeftOut }

// Close does nothing.
func (s *Server) Close() error { return nil }
