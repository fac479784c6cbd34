package telemetry_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/agentteam/agentteam/internal/telemetry"
)

// Over gRPC both sides see one trace, and health checks are not measured.
func TestGRPCCarriesTheTrace(t *testing.T) {
	sample := start(t, "", io.Discard)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	there := make(chan string, 1)
	server := grpc.NewServer(sample.GRPCServer(), grpc.StreamInterceptor(
		func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			there <- telemetry.Carrier(stream.Context())
			return next(srv, stream)
		}))
	healthpb.RegisterHealthServer(server, health.NewServer())
	reflection.Register(server)
	go func() { _ = server.Serve(listener) }() // the calls below say whether it serves
	defer server.Stop()
	client, err := grpc.NewClient("passthrough:///"+listener.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), sample.GRPCClient())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()

	if _, err := healthpb.NewHealthClient(client).Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}

	ctx, end := engine(t, sample).StartTask(t.Context(), telemetry.Task{Run: "run_1", Type: "http"})
	listServices(ctx, t, client)
	end("")
	here, _, _ := strings.Cut(telemetry.Carrier(ctx)[3:], "-")
	if got := <-there; !strings.Contains(got, here) {
		t.Errorf("the server is in %s, want the client's trace %s", got, here)
	}
	text := scrape(t, sample)
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(text, "rpc_server_call") && time.Now().Before(deadline); {
		text = scrape(t, sample) // the server counts a call after the client has its answer
	}
	for _, want := range []string{"rpc_server_call_duration_seconds_count{", "rpc_client_call_duration_seconds_count{"} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "grpc.health") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("health checks or addresses are labels:\n%s", text)
	}
}

func listServices(ctx context.Context, t *testing.T, client grpc.ClientConnInterface) {
	t.Helper()
	stream, err := reflectionpb.NewServerReflectionClient(client).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	request := &reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}
	if err := stream.Send(request); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != io.EOF { //nolint:errorlint // gRPC gives it bare
		t.Fatal(err)
	}
}
