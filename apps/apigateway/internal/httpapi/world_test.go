package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/apps/apigateway/internal/auth"
	"github.com/agentteam/agentteam/apps/apigateway/internal/engine"
	"github.com/agentteam/agentteam/apps/apigateway/internal/httpapi"
	"github.com/agentteam/agentteam/apps/apigateway/internal/ratelimit"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/process"
	"github.com/agentteam/agentteam/internal/telemetry"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const internalKey = "0123456789abcdef"

// script is an engine that answers each method as a test says. Real engines are tested with the gateway in front of them
// elsewhere; here it is what no healthy engine answers that counts.
type script struct {
	mu      sync.Mutex
	answers map[string]func(request any) (any, error) // by method's name
	stream  func(after int64, send func(...*workflowv1.RunEvent) error) error
	writing func(ctx context.Context, send func(kind, data string) error) error
	server  *grpc.Server
}

func (s *script) on(method string, answer func(request any) (any, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[method] = answer
}

// intercept answers every unary call.
func (s *script) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	s.mu.Lock()
	answer := s.answers[info.FullMethod[strings.LastIndex(info.FullMethod, "/")+1:]]
	s.mu.Unlock()
	switch {
	case strings.HasPrefix(info.FullMethod, "/grpc.health."):
		return handle(ctx, request)
	case answer == nil:
		return nil, status.Error(codes.Unimplemented, "not in the script")
	}
	return answer(request)
}

type runs struct {
	workflowv1.UnimplementedRunServiceServer
	script *script
}

func (r runs) StreamRunEvents(request *workflowv1.StreamRunEventsRequest, out grpc.ServerStreamingServer[workflowv1.StreamRunEventsResponse]) error {
	return r.script.stream(request.GetAfter(), func(events ...*workflowv1.RunEvent) error {
		return out.Send(&workflowv1.StreamRunEventsResponse{Events: events})
	})
}

type authors struct {
	workflowv1.UnimplementedAuthoringServiceServer
	script *script
}

func (a authors) GenerateWorkflow(_ *workflowv1.GenerateWorkflowRequest, out grpc.ServerStreamingServer[workflowv1.GenerateWorkflowResponse]) error {
	return a.script.writing(out.Context(), func(kind, data string) error {
		return out.Send(&workflowv1.GenerateWorkflowResponse{Event: &workflowv1.AuthoringEvent{Type: kind, DataJson: data}})
	})
}

func (a authors) RefineWorkflow(r *workflowv1.RefineWorkflowRequest, _ grpc.ServerStreamingServer[workflowv1.RefineWorkflowResponse]) error {
	return status.Errorf(codes.Aborted, "the draft is not at revision %d", r.GetRevision())
}

func (s *script) serve(t testing.TB) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.server = grpc.NewServer(grpc.UnaryInterceptor(s.intercept))
	workflowv1.RegisterWorkflowServiceServer(s.server, workflowv1.UnimplementedWorkflowServiceServer{})
	workflowv1.RegisterAgentServiceServer(s.server, workflowv1.UnimplementedAgentServiceServer{})
	workflowv1.RegisterAuthoringServiceServer(s.server, authors{script: s})
	workflowv1.RegisterNodeServiceServer(s.server, workflowv1.UnimplementedNodeServiceServer{})
	workflowv1.RegisterApprovalServiceServer(s.server, workflowv1.UnimplementedApprovalServiceServer{})
	workflowv1.RegisterCredentialServiceServer(s.server, workflowv1.UnimplementedCredentialServiceServer{})
	workflowv1.RegisterMCPServerServiceServer(s.server, workflowv1.UnimplementedMCPServerServiceServer{})
	workflowv1.RegisterWebhookServiceServer(s.server, workflowv1.UnimplementedWebhookServiceServer{})
	workflowv1.RegisterEndpointServiceServer(s.server, workflowv1.UnimplementedEndpointServiceServer{})
	workflowv1.RegisterScheduleServiceServer(s.server, workflowv1.UnimplementedScheduleServiceServer{})
	workflowv1.RegisterThreadServiceServer(s.server, workflowv1.UnimplementedThreadServiceServer{})
	workflowv1.RegisterMemoryServiceServer(s.server, workflowv1.UnimplementedMemoryServiceServer{})
	workflowv1.RegisterDocumentServiceServer(s.server, workflowv1.UnimplementedDocumentServiceServer{})
	workflowv1.RegisterRunServiceServer(s.server, runs{script: s})
	workflowv1.RegisterEngineServiceServer(s.server, workflowv1.UnimplementedEngineServiceServer{})
	healthpb.RegisterHealthServer(s.server, health.NewServer())
	go func() { _ = s.server.Serve(listener) }()
	t.Cleanup(s.server.Stop)
	return listener.Addr().String()
}

// world is a gateway on a real database, and its scripted engine.
type world struct {
	url       string
	handler   http.Handler
	workspace string
	pool      *pgxpool.Pool
	redis     *miniredis.Miniredis
	engine    *script
	log       *process.Output // that the server writes while a test reads
	keys      map[identity.Role]string
	stopped   func() error // ends the gateway and gives how it went
}

// settings are what a world may have otherwise.
type settings struct {
	out       io.Writer // of the log
	level     slog.Level
	perCaller int // requests a second; 0 is the usual
}

func newWorld(t testing.TB) *world {
	t.Helper()
	log := new(process.Output)
	w := worldWith(t, settings{out: log, level: slog.LevelDebug})
	w.log = log
	return w
}

func worldWith(t testing.TB, chosen settings) *world {
	t.Helper()
	w := &world{
		pool: databasetest.Open(t), redis: miniredis.RunT(t), keys: map[identity.Role]string{},
		engine: &script{answers: map[string]func(any) (any, error){}},
	}
	client := redis.NewClient(&redis.Options{Addr: w.redis.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	w.workspace = "Test" // by name first, then by the id that it got
	for _, role := range []identity.Role{identity.Admin, identity.Viewer} {
		var err error
		if w.workspace, w.keys[role], err = accounts.CreateWorkspaceWithKey(t.Context(), w.pool, w.workspace, role); err != nil {
			t.Fatal(err)
		}
	}
	w.start(t, client, chosen)
	return w
}

func (w *world) start(t testing.TB, client *redis.Client, chosen settings) {
	t.Helper()
	log := slog.New(telemetry.NewLogHandler(slog.NewJSONHandler(chosen.out, &slog.HandlerOptions{Level: chosen.level})))
	measured, err := telemetry.Start(t.Context(), telemetry.Options{Service: "test", Version: "1", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	channel, err := engine.Dial(w.engine.serve(t), engine.Options{Key: internalKey, Telemetry: measured.GRPCClient(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	known := accounts.New(accounts.Options{Pool: w.pool, Redis: client, Log: log})
	limiter := ratelimit.New(ratelimit.Options{Redis: client, Log: log, PerCaller: chosen.perCaller})
	guard, err := auth.New(auth.Options{Accounts: known, Stranger: limiter.Stranger, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httpapi.New(listener, httpapi.Options{
		Engine: channel, Accounts: known, Auth: guard, Limiter: limiter, Pool: w.pool, Redis: client, Telemetry: measured, Log: log,
	})
	w.handler, w.url = server.Handler(), "http://"+listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx, 0) }()
	w.stopped = sync.OnceValue(func() error { stop(); return <-ended })
	t.Cleanup(func() { _ = w.stopped(); _ = channel.Close(); measured.Shutdown(context.Background()) })
}

// answer is what a request gave.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t *testing.T) (parsed map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &parsed); err != nil {
		t.Fatalf("%v in %q", err, a.body)
	}
	return parsed
}

// ask sends a request with the admin's key; headers are name: value pairs and win.
func (w *world) ask(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+w.keys[identity.Admin])
	for _, pair := range headers {
		name, value, _ := strings.Cut(pair, ": ")
		request.Header.Set(name, value)
		if value == "" {
			request.Header.Del(name)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}
