package main_test

import (
	"net"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/servicetest"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// TestProcess runs the built binary.
func TestProcess(t *testing.T) {
	t.Parallel()
	binary := servicetest.Build(t, servicetest.Engine)
	servicetest.ExpectStatic(t, binary)
	for name, test := range map[string]func(*testing.T, string){
		"serves":                            serves,
		"tells its version":                 servicetest.ExpectVersion,
		"drains after SIGTERM":              drains,
		"names every configuration problem": namesProblems,
		"refuses a busy address":            refusesBusyAddress,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, binary)
		})
	}
}

func serves(t *testing.T, binary string) {
	process := servicetest.Start(t, servicetest.EngineEnvironment(databasetest.URL(t)), binary, "--listen", "127.0.0.1:0")
	address := process.Address(t)
	conn := dial(t, address)

	for _, name := range []string{"", "workflow.v1.EngineService"} {
		answer, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		if err != nil || answer.Status != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v, %v", name, answer, err)
		}
	}
	info, err := workflowv1.NewEngineServiceClient(conn).GetEngineInfo(t.Context(), &workflowv1.GetEngineInfoRequest{})
	if err != nil || info.Version == "" || info.StartTime.AsTime().Year() < 2020 {
		t.Errorf("engine info: %v, %v", info, err)
	}
	if services := reflectServices(t, openReflection(t, conn)); !strings.Contains(services, "workflow.v1.EngineService") {
		t.Errorf("reflection lists %s", services)
	}
	stdout, stderr, exit := servicetest.Run(t, nil, binary, "healthcheck", "--listen", address)
	if stdout != "workflow: healthy\n" || exit != 0 {
		t.Errorf("healthcheck: exit %d, %q, %q", exit, stdout, stderr)
	}
}

// drains has a call and a health watch in flight while the process leaves.
func drains(t *testing.T, binary string) {
	process := servicetest.Start(t, servicetest.EngineEnvironment(databasetest.URL(t)), binary, "--listen", "127.0.0.1:0", "--drain-delay", "500ms")
	address := process.Address(t)
	conn := dial(t, address)
	inFlight := openReflection(t, conn)
	watch, err := healthpb.NewHealthClient(conn).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	expectHealth(t, watch, healthpb.HealthCheckResponse_SERVING)

	process.Signal(t, syscall.SIGTERM)
	expectHealth(t, watch, healthpb.HealthCheckResponse_NOT_SERVING)
	_, stderr, exit := servicetest.Run(t, nil, binary, "healthcheck", "--listen", address)
	if exit != 1 || !strings.Contains(stderr, "NOT_SERVING") {
		t.Errorf("healthcheck while draining: exit %d, %q", exit, stderr)
	}
	servicetest.Eventually(t, "new connections are refused", func() bool { return refused(address) })

	if services := reflectServices(t, inFlight); !strings.Contains(services, "grpc.health.v1.Health") {
		t.Errorf("the call in flight got %s", services)
	}
	if err := inFlight.CloseSend(); err != nil {
		t.Error(err)
	}
	if exit := process.Wait(t); exit != 0 {
		t.Errorf("exit status %d, want 0", exit)
	}
	if _, stderr, exit := servicetest.Run(t, nil, binary, "healthcheck", "--listen", address); exit != 1 {
		t.Errorf("healthcheck of a gone process: exit %d, %q", exit, stderr)
	}
}

func namesProblems(t *testing.T, binary string) {
	_, stderr, exit := servicetest.Run(t, []string{
		"DATABASE_URL=UNSET", "REDIS_URL=http://hunter2@cache", "INTERNAL_AUTH_KEY=hunter2",
		"GRPC_HOST=tcp://0.0.0.0", "GRPC_PORT=70000", "LOG_LEVEL=loud", "ANTHROPIC_BASE_URL=localhost",
	}, binary)
	if exit != 1 || !strings.HasPrefix(stderr, "workflow: the environment has 7 problems:\n") {
		t.Errorf("exit %d, %s", exit, stderr)
	}
	for _, name := range []string{"DATABASE_URL", "REDIS_URL", "CREDENTIALS_KEY", "GRPC_HOST", "GRPC_PORT", "LOG_LEVEL", "ANTHROPIC_BASE_URL"} {
		if !strings.Contains(stderr, "\n  "+name+" ") {
			t.Errorf("%s is not named", name)
		}
	}
	if strings.Contains(stderr, "hunter2") {
		t.Errorf("a secret is shown:\n%s", stderr)
	}
}

func refusesBusyAddress(t *testing.T, binary string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address := listener.Addr().String()
	_, stderr, exit := servicetest.Run(t, servicetest.EngineEnvironment(databasetest.URL(t)), binary, "--listen", address)
	if exit != 1 || !strings.Contains(stderr, "workflow: cannot serve on "+address) {
		t.Errorf("exit %d, %s", exit, stderr)
	}
}

func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// openReflection opens a stream and uses it once, so that the server surely has it.
func openReflection(t *testing.T, conn *grpc.ClientConn) reflectionpb.ServerReflection_ServerReflectionInfoClient {
	t.Helper()
	stream, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reflectServices(t, stream)
	return stream
}

func reflectServices(t *testing.T, stream reflectionpb.ServerReflection_ServerReflectionInfoClient) string {
	t.Helper()
	request := &reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{},
	}
	if err := stream.Send(request); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetListServicesResponse().String()
}

func expectHealth(t *testing.T, watch healthpb.Health_WatchClient, want healthpb.HealthCheckResponse_ServingStatus) {
	t.Helper()
	answer, err := watch.Recv()
	if err != nil || answer.Status != want {
		t.Fatalf("the watch got %v, %v, want %v", answer, err, want)
	}
}

func refused(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return err != nil
}
