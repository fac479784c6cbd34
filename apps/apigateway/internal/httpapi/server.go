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

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/apps/apigateway/internal/auth"
	"github.com/agentteam/agentteam/apps/apigateway/internal/engine"
	"github.com/agentteam/agentteam/apps/apigateway/internal/idempotency"
	"github.com/agentteam/agentteam/apps/apigateway/internal/ratelimit"
	"github.com/agentteam/agentteam/internal/service"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// Limits of a connection. Bodies and streams have their own.
const (
	readHeaderTimeout = 10 * time.Second
	writeTimeout      = 90 * time.Second // above the longest request, a poll that waits
	idleTimeout       = 2 * time.Minute  // above the load balancer's 60 s, which must be the first to hang up
	maxHeaderBytes    = 32 << 10
)

// Options is what the API is made of. It owns none of it.
type Options struct {
	Engine    *engine.Client
	Accounts  *accounts.Accounts
	Auth      *auth.Authenticator
	Limiter   *ratelimit.Limiter
	Pool      *pgxpool.Pool
	Redis     *redis.Client
	Telemetry *telemetry.Telemetry
	Log       *slog.Logger
}

// Server is the gateway's HTTP server on one listener.
type Server struct {
	http      *http.Server
	listener  net.Listener
	router    *chi.Mux
	api       huma.API
	engine    *engine.Client
	accounts  *accounts.Accounts
	auth      *auth.Authenticator
	limiter   *ratelimit.Limiter
	repeats   *idempotency.Keys
	pool      *pgxpool.Pool
	redis     *redis.Client
	telemetry *telemetry.Telemetry
	log       *slog.Logger

	operations http.Handler // every route, with what every request gets: also for requests that come from within

	draining atomic.Bool
	streams  atomic.Int64
	stopping context.Context //nolint:containedctx // the process's, not a request's: ends the streams, which do not end by themselves
	end      context.CancelFunc
}

// New makes the server that Run serves. It owns the listener.
func New(listener net.Listener, o Options) *Server {
	s := &Server{
		listener: listener, engine: o.Engine, accounts: o.Accounts, auth: o.Auth, limiter: o.Limiter, repeats: newRepeats(o.Pool, o.Log),
		pool: o.Pool, redis: o.Redis, telemetry: o.Telemetry, log: o.Log,
	}
	s.stopping, s.end = context.WithCancel(context.Background())
	s.operations = s.observed(s.routes())
	s.http = &http.Server{
		Handler:           s.alive(s.operations),
		ReadHeaderTimeout: readHeaderTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	return s
}

// Run serves until the context ends, then drains: /ready fails, the delay, streams end so that their clients
// take them up elsewhere, and requests in flight finish.
func (s *Server) Run(ctx context.Context, drainDelay time.Duration) error {
	defer s.end()
	go s.repeats.Run(ctx)
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
	s.end()
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}
