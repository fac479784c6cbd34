package engine

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const key = "0123456789abcdef"

// scripted is an engine that answers as a test says, to see what the client makes of it.
type scripted struct {
	workflowv1.UnimplementedEngineServiceServer
	workflowv1.UnimplementedRunServiceServer
	workflowv1.UnimplementedWorkflowServiceServer
	calls    atomic.Int64
	failures int64 // so many calls fail first
	asserted atomic.Value
	stream   func(after int64, send func(...int64) error) error
}

func (s *scripted) GetEngineInfo(ctx context.Context, _ *workflowv1.GetEngineInfoRequest) (*workflowv1.GetEngineInfoResponse, error) {
	return &workflowv1.GetEngineInfoResponse{}, s.answer(ctx)
}

func (s *scripted) GetRun(ctx context.Context, _ *workflowv1.GetRunRequest) (*workflowv1.GetRunResponse, error) {
	return &workflowv1.GetRunResponse{}, s.answer(ctx)
}

func (s *scripted) PublishWorkflow(ctx context.Context, _ *workflowv1.PublishWorkflowRequest) (*workflowv1.PublishWorkflowResponse, error) {
	return &workflowv1.PublishWorkflowResponse{}, s.answer(ctx)
}

func (s *scripted) StreamRunEvents(r *workflowv1.StreamRunEventsRequest, out grpc.ServerStreamingServer[workflowv1.StreamRunEventsResponse]) error {
	s.calls.Add(1)
	return s.stream(r.GetAfter(), func(seqs ...int64) error {
		var answer workflowv1.StreamRunEventsResponse
		for _, seq := range seqs {
			answer.Events = append(answer.Events, &workflowv1.RunEvent{Seq: seq})
		}
		return out.Send(&answer)
	})
}

func (s *scripted) answer(ctx context.Context) error {
	if values := metadata.ValueFromIncomingContext(ctx, identity.MetadataKey); len(values) == 1 {
		s.asserted.Store(values[0])
	}
	if s.calls.Add(1) <= s.failures {
		return status.Error(codes.Unavailable, "going away")
	}
	return nil
}

// serve starts the engine on the address and gives the address and what kills it at once.
func serve(t *testing.T, s *scripted, address string) (string, func()) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	workflowv1.RegisterEngineServiceServer(server, s)
	workflowv1.RegisterRunServiceServer(server, s)
	workflowv1.RegisterWorkflowServiceServer(server, s)
	healthpb.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String(), server.Stop
}

func connect(t *testing.T, target string, more ...grpc.DialOption) *Client {
	t.Helper()
	client, err := dial(target, Options{Key: key, Log: slog.New(slog.DiscardHandler)}, more...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	client.patience = patience{longest: 2 * time.Second, first: time.Millisecond, slowest: 20 * time.Millisecond, healthy: time.Minute}
	return client
}

func TestCallsAreSpreadOverEveryTask(t *testing.T) {
	first, second := new(scripted), new(scripted)
	one, _ := serve(t, first, "127.0.0.1:0")
	two, _ := serve(t, second, "127.0.0.1:0")
	tasks := manual.NewBuilderWithScheme("tasks")
	tasks.InitialState(resolver.State{Addresses: []resolver.Address{{Addr: one}}})
	client := connect(t, "tasks:///engine", grpc.WithResolvers(tasks))
	if _, err := client.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	tasks.UpdateState(resolver.State{Addresses: []resolver.Address{{Addr: one}, {Addr: two}}})
	for deadline := time.Now().Add(10 * time.Second); second.calls.Load() < 5; time.Sleep(time.Millisecond) {
		if _, err := client.Info(t.Context()); err != nil || time.Now().After(deadline) {
			t.Fatalf("the new task got %d calls, the old one %d: %v", second.calls.Load(), first.calls.Load(), err)
		}
	}
}

func TestACallCarriesItsCaller(t *testing.T) {
	engine := new(scripted)
	address, _ := serve(t, engine, "127.0.0.1:0")
	client := connect(t, "dns:///"+address)
	caller := identity.Caller{Workspace: "wsp_1", Subject: "u", Kind: identity.KindUser, Role: identity.Viewer, RequestID: "R1"}
	if _, err := client.Runs.GetRun(identity.Into(t.Context(), caller), &workflowv1.GetRunRequest{}); err != nil {
		t.Fatal(err)
	}
	got, err := identity.Verify(key, engine.asserted.Load().(string), time.Now())
	if err != nil || got != caller {
		t.Errorf("the engine was told %+v, %v", got, err)
	}
}

func TestOnlyWhatMayHappenTwiceIsRepeated(t *testing.T) {
	engine := &scripted{failures: 2}
	address, _ := serve(t, engine, "127.0.0.1:0")
	client := connect(t, "dns:///"+address)
	if _, err := client.Runs.GetRun(t.Context(), &workflowv1.GetRunRequest{}); err != nil {
		t.Errorf("a read was not repeated: %v", err)
	}
	engine.failures = engine.calls.Load() + 1
	if _, err := client.Workflows.PublishWorkflow(t.Context(), &workflowv1.PublishWorkflowRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("publishing was repeated: %v", err)
	}
}
