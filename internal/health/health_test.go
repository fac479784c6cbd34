package health_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"
	grpchealth "google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/agentteam/agentteam/internal/health"
)

func TestLoopback(t *testing.T) {
	for listen, want := range map[string]string{
		":8000":           "127.0.0.1:8000",
		"0.0.0.0:8000":    "127.0.0.1:8000",
		"[::]:8000":       "[::1]:8000",
		"10.0.0.7:8000":   "10.0.0.7:8000",
		"localhost:50051": "localhost:50051",
	} {
		if got, err := health.Loopback(listen); err != nil || got != want {
			t.Errorf("Loopback(%q) = %q, %v; want %q", listen, got, err, want)
		}
	}
	for _, listen := range []string{"", "8000", "127.0.0.1:0"} {
		if got, err := health.Loopback(listen); err == nil {
			t.Errorf("Loopback(%q) = %q, want an error", listen, got)
		}
	}
}

func TestHTTP(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(mux)
	address := server.Listener.Addr().String()

	if err := health.HTTP(t.Context(), address, "/health"); err != nil {
		t.Error(err)
	}
	if err := health.HTTP(t.Context(), address, "/other"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("want the status in the error, got %v", err)
	}
	server.Close()
	if err := health.HTTP(t.Context(), address, "/health"); err == nil {
		t.Error("a closed server counts as healthy")
	}
}

func TestGRPC(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, status := grpc.NewServer(), grpchealth.NewServer()
	healthpb.RegisterHealthServer(server, status)
	go func() { _ = server.Serve(listener) }() // the calls below say whether it serves
	defer server.Stop()
	address := listener.Addr().String()

	if err := health.GRPC(t.Context(), address); err != nil {
		t.Error(err)
	}
	status.Shutdown()
	if err := health.GRPC(t.Context(), address); err == nil || !strings.Contains(err.Error(), "NOT_SERVING") {
		t.Errorf("want NOT_SERVING in the error, got %v", err)
	}
	server.Stop()
	if err := health.GRPC(t.Context(), address); err == nil {
		t.Error("a stopped server counts as healthy")
	}
}
