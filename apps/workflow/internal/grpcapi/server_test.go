package grpcapi_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/apps/workflow/internal/grpcapi"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// panicking is an engine with a bug.
type panicking struct {
	workflowv1.UnimplementedEngineServiceServer
}

func (panicking) GetEngineInfo(context.Context, *workflowv1.GetEngineInfoRequest) (*workflowv1.GetEngineInfoResponse, error) {
	panic("a detail for the log alone")
}

func TestAPanicEndsOneCallOnly(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- grpcapi.New(listener, grpcapi.Services{Engine: panicking{}}, grpcapi.Options{
			Key: strings.Repeat("k", 32), Ready: func(context.Context) error { return nil }, Log: slog.New(slog.NewJSONHandler(&log, nil)),
		}).Run(ctx, 0)
	}()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	for range 2 { // the second call finds the server alive
		_, err := workflowv1.NewEngineServiceClient(conn).GetEngineInfo(t.Context(), &workflowv1.GetEngineInfoRequest{})
		if status.Code(err) != codes.Internal || status.Convert(err).Message() != "internal error" {
			t.Errorf("want Internal without detail, got %v", err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "/workflow.v1.EngineService/GetEngineInfo") || !strings.Contains(text, "server_test.go") {
		t.Errorf("the log names neither the method nor the place:\n%s", text)
	}
}
