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

// Bounds of a connection. A message holds a document (2 MiB) on its way in; on its way out a run's
// outputs (4 MiB) beside its inputs (1 MiB). A stream above the limit would wait, a short call too.
const (
	MaxRequestBytes      = 3 << 20
	MaxAnswerBytes       = 8 << 20
	maxConcurrentStreams = 10_000
)

// Services is what the server serves.
type Services struct {
	Engine      workflowv1.EngineServiceServer
	Workflows   workflowv1.WorkflowServiceServer
	Agents      workflowv1.AgentServiceServer
	Authoring   workflowv1.AuthoringServiceServer
	Evaluations workflowv1.EvaluationServiceServer
	Nodes       workflowv1.NodeServiceServer
	Runs        workflowv1.RunServiceServer
	Approvals   workflowv1.ApprovalServiceServer
	Credentials workflowv1.CredentialServiceServer
	MCPServers  workflowv1.MCPServerServiceServer
	Schedules   workflowv1.ScheduleServiceServer
	Webhooks    workflowv1.WebhookServiceServer
	Endpoints   workflowv1.EndpointServiceServer
	Threads     workflowv1.ThreadServiceServer
	Memory      workflowv1.MemoryServiceServer
	Documents   workflowv1.DocumentServiceServer
}

// Options is what the server is made of beside its services.
type Options struct {
	Key       string                      // INTERNAL_AUTH_KEY, which the gateway signs callers with
	Ready     func(context.Context) error // fails while the database is away
	Telemetry grpc.ServerOption           // of telemetry.GRPCServer; nil measures and traces nothing
	Log       *slog.Logger
}

// Server is the engine's gRPC server on one listener.
type Server struct {
	grpc     *grpc.Server
	health   *health.Server
	ready    func(context.Context) error
	end      context.CancelFunc // of the streams that do not end by themselves
	listener net.Listener
	log      *slog.Logger
}

// New makes the server that Run serves. It owns the listener.
func New(listener net.Listener, services Services, o Options) *Server {
	stopping, end := context.WithCancel(context.Background())
	s := &Server{health: health.NewServer(), ready: o.Ready, end: end, listener: listener, log: o.Log}
	gate := &gate{guard: guard{key: o.Key, permissions: permissions()}, log: o.Log}
	options := []grpc.ServerOption{
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge: maxConnectionAge, Time: pingIdleAfter, Timeout: pingTimeout,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime: minClientInterval, PermitWithoutStream: true,
		}),
		grpc.MaxRecvMsgSize(MaxRequestBytes), grpc.MaxSendMsgSize(MaxAnswerBytes),
		grpc.MaxConcurrentStreams(maxConcurrentStreams),
		grpc.ChainUnaryInterceptor(gate.unary, recovery.UnaryServerInterceptor(recovered(o.Log))),
		grpc.ChainStreamInterceptor(gate.stream, recovery.StreamServerInterceptor(recovered(o.Log)), until(stopping)),
	}
	if o.Telemetry != nil {
		options = append(options, o.Telemetry)
	}
	s.grpc = grpc.NewServer(options...)
	services.register(s.grpc)
	healthpb.RegisterHealthServer(s.grpc, s.health)
	reflection.Register(s.grpc)
	return s
}

func (s Services) register(server *grpc.Server) {
	workflowv1.RegisterEngineServiceServer(server, s.Engine)
	workflowv1.RegisterWorkflowServiceServer(server, s.Workflows)
	workflowv1.RegisterAgentServiceServer(server, s.Agents)
	workflowv1.RegisterAuthoringServiceServer(server, s.Authoring)
	workflowv1.RegisterEvaluationServiceServer(server, s.Evaluations)
	workflowv1.RegisterNodeServiceServer(server, s.Nodes)
	workflowv1.RegisterRunServiceServer(server, s.Runs)
	workflowv1.RegisterApprovalServiceServer(server, s.Approvals)
	workflowv1.RegisterCredentialServiceServer(server, s.Credentials)
	workflowv1.RegisterMCPServerServiceServer(server, s.MCPServers)
	workflowv1.RegisterScheduleServiceServer(server, s.Schedules)
	workflowv1.RegisterWebhookServiceServer(server, s.Webhooks)
	workflowv1.RegisterEndpointServiceServer(server, s.Endpoints)
	workflowv1.RegisterThreadServiceServer(server, s.Threads)
	workflowv1.RegisterMemoryServiceServer(server, s.Memory)
	workflowv1.RegisterDocumentServiceServer(server, s.Documents)
}

// Run serves until the context ends, then drains: NOT_SERVING, the delay, and calls in flight finish.
func (s *Server) Run(ctx context.Context, drainDelay time.Duration) error {
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	go s.watchReadiness(watching)
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
	s.end()
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
