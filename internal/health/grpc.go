package health

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// GRPC succeeds if the server that listens on the address reports SERVING by grpc.health.v1. It asks
// no proxy.
func GRPC(ctx context.Context, listen string) error {
	address, err := Loopback(listen)
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		return err
	}
	defer conn.Close()
	return Serving(ctx, conn)
}

// Serving succeeds if the server behind the connection reports SERVING as a whole.
func Serving(ctx context.Context, conn grpc.ClientConnInterface) error {
	answer, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		return err
	}
	if answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		return fmt.Errorf("the server reports %s, want SERVING", answer.GetStatus())
	}
	return nil
}
