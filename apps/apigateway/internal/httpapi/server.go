// Package httpapi is the public HTTP API. Every error it answers is a problem of RFC 9457.
package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/agentteam/agentteam/apps/apigateway/internal/engine"
	"github.com/agentteam/agentteam/internal/service"
)

// Limits of a connection.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute // above the load balancer's 60 s, which must be the first to hang up
)

// Server is the gateway's HTTP server on one listener.
type Server struct {
	http     *http.Server
	listener net.Listener
	engine   *engine.Client
	draining atomic.Bool
	log      *slog.Logger
}

// New makes the server that Run serves. It owns the listener, not the engine's client.
func New(listener net.Listener, engine *engine.Client, log *slog.Logger) *Server {
	s := &Server{listener: listener, engine: engine, log: log}
	s.http = &http.Server{
		Handler:           s.observed(s.routes()),
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return s
}

// Run serves until the context ends, then drains: /ready fails, the delay, and requests in flight finish.
func (s *Server) Run(ctx context.Context, drainDelay time.Duration) error {
	return service.Lifecycle{
		Serve:    s.serve,
		Announce: func() { s.draining.Store(true) },
		Stop:     s.stop,
		Delay:    drainDelay,
		Log:      s.log,
	}.Run(ctx)
}

func (s *Server) serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// stop cuts the requests that are still in flight when the context ends.
func (s *Server) stop(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}
