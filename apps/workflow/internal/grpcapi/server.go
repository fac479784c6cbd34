// Package grpcapi is the workflow engine's gRPC server: the services of proto/workflow/v1 beside
// grpc.health.v1 and reflection.
package grpcapi

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/agentteam/agentteam/internal/service"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// How long connections live. gRPC asks DNS again only when it loses a connection, so the age bounds how
// long a gateway overlooks a new engine task; gRPC spreads it by a tenth either way.
const (
	maxConnectionAge  = 90 * time.Second
	pingIdleAfter     = 30 * time.Second
	pingTimeout       = 10 * time.Second
	minClientInterval = 15 * time.Second // a client that pings more often is disconnected
)

// Server is the engine's gRPC server on one listener.
type Server struct {
	grpc       *grpc.Server
	health     *health.Server
	endWatches context.CancelFunc
	listener   net.Listener
	log        *slog.Logger
}

// New makes the server that Run serves. It owns the listener.
func New(listener net.Listener, engine workflowv1.EngineServiceServer, log *slog.Logger) *Server {
	stopping, endWatches := context.WithCancel(context.Background())
	s := &Server{health: health.NewServer(), endWatches: endWatches, listener: listener, log: log}
	s.grpc = grpc.NewServer(
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge: maxConnectionAge, Time: pingIdleAfter, Timeout: pingTimeout,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime: minClientInterval, PermitWithoutStream: true,
		}),
		grpc.ChainUnaryInterceptor(recovery.UnaryServerInterceptor(recovered(log))),
		grpc.ChainStreamInterceptor(recovery.StreamServerInterceptor(recovered(log)), watchUntil(stopping)),
	)
	workflowv1.RegisterEngineServiceServer(s.grpc, engine)
	healthpb.RegisterHealthServer(s.grpc, s.health)
	reflection.Register(s.grpc)
	s.health.SetServingStatus(workflowv1.EngineService_ServiceDesc.ServiceName, healthpb.HealthCheckResponse_SERVING)
	return s
}

// Run serves until the context ends, then drains: NOT_SERVING, the delay, and calls in flight finish.
func (s *Server) Run(ctx context.Context, drainDelay time.Duration) error {
	return service.Lifecycle{
		Serve:    func() error { return s.grpc.Serve(s.listener) },
		Announce: s.health.Shutdown,
		Stop:     s.stop,
		Delay:    drainDelay,
		Log:      s.log,
	}.Run(ctx)
}

// stop cuts the calls that are still in flight when the context ends.
func (s *Server) stop(ctx context.Context) error {
	s.endWatches()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		s.grpc.GracefulStop()
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		s.grpc.Stop()
		return ctx.Err()
	}
}
