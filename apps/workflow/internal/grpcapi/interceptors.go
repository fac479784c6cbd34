package grpcapi

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// recovered turns a panic into codes.Internal: one bad call ends, the process and its other calls go on.
// The log has the panic and its stack, the caller has neither.
func recovered(log *slog.Logger) recovery.Option {
	return recovery.WithRecoveryHandlerContext(func(ctx context.Context, panicked any) error {
		method, _ := grpc.Method(ctx)
		log.ErrorContext(ctx, "panic", "method", method, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		return status.Error(codes.Internal, "internal error")
	})
}

// watchUntil ends health watches with the context. They never end by themselves, so a graceful stop
// would wait for them until its deadline.
func watchUntil(stopping context.Context) grpc.StreamServerInterceptor {
	return func(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		if info.FullMethod != healthpb.Health_Watch_FullMethodName {
			return handle(service, stream)
		}
		ctx, cancel := context.WithCancel(stream.Context())
		defer cancel()
		defer context.AfterFunc(stopping, cancel)()
		return handle(service, &middleware.WrappedServerStream{ServerStream: stream, WrappedContext: ctx})
	}
}
