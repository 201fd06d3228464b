package queueing

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"

	"github.com/gotestshard/gotestshard/format/plain"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/queueserver"
)

// serve is a server until the context ends.
func serve(ctx context.Context, asked option.QueueCommand, stderr io.Writer) error {
	config := queueserver.Config{
		Listen: asked.Listen, WebSocket: asked.WebSocket, Store: asked.Store, Secret: asked.Token, MaxStore: int64(asked.MaxStore),
		Log: func(line string) { _, _ = fmt.Fprintln(stderr, "gotestshard queue:", line) },
	}
	if asked.Cert != "" {
		pair, err := tls.LoadX509KeyPair(asked.Cert, asked.Key)
		if err != nil {
			return fmt.Errorf("reading the certificate of --tls-cert and --tls-key: %w", err)
		}
		config.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	server, err := queueserver.Start(config)
	if err != nil {
		return err
	}
	config.Log(fmt.Sprintf("a server for builds is at %s and stores into %s; Ctrl-C ends it", server.URL(), plain.Line(asked.Store)))
	if asked.WebSocket != "" {
		config.Log("WebSocket is at " + server.WebSocketURL())
	}
	err = server.Wait(ctx)
	return errors.Join(err, server.Close())
}
