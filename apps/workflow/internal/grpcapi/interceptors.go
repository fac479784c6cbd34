package grpcapi

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// gate is what every call passes: who asks, how it ended in the API's own codes, and a line in the log.
type gate struct {
	guard guard
	log   *slog.Logger
}

func (g *gate) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	start := time.Now()
	ctx, err := g.guard.admit(ctx, info.FullMethod)
	var answer any
	if err == nil {
		answer, err = handle(ctx, request)
	}
	err = g.answer(ctx, info.FullMethod, err)
	g.record(ctx, info.FullMethod, start, err)
	return answer, err
}

func (g *gate) stream(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	start := time.Now()
	ctx, err := g.guard.admit(stream.Context(), info.FullMethod)
	if err == nil {
		err = handle(service, &middleware.WrappedServerStream{ServerStream: stream, WrappedContext: ctx})
	}
	err = g.answer(ctx, info.FullMethod, err)
	g.record(ctx, info.FullMethod, start, err)
	return err
}

// answer is the error as the caller may see it. What is hidden from the caller stands in the log.
func (g *gate) answer(ctx context.Context, method string, err error) error {
	hidden, answer := statusOf(err)
	if hidden {
		g.log.ErrorContext(ctx, "call failed", "method", method, "error", err)
	}
	return answer
}

// record writes the access log: at debug what only tells that the process lives.
func (g *gate) record(ctx context.Context, method string, start time.Time, err error) {
	level := slog.LevelInfo
	if open(method) {
		level = slog.LevelDebug
	}
	attributes := []slog.Attr{
		slog.String("method", method), slog.String("code", status.Code(err).String()),
		slog.Float64("seconds", time.Since(start).Seconds()),
	}
	if caller, err := callerOf(ctx); err == nil {
		attributes = append(attributes, slog.String("workspace", caller.Workspace), slog.String("subject", caller.Subject))
	}
	g.log.LogAttrs(ctx, level, "call", attributes...)
}

// recovered turns a panic into codes.Internal: one bad call ends, the process and its other calls go on.
// The log has the panic and its stack, the caller has neither.
func recovered(log *slog.Logger) recovery.Option {
	return recovery.WithRecoveryHandlerContext(func(ctx context.Context, panicked any) error {
		method, _ := grpc.Method(ctx)
		log.ErrorContext(ctx, "panic", "method", method, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		return status.Error(codes.Internal, internalMessage)
	})
}

// endless says whether a method's streams do not end by themselves, so that a graceful stop would wait for
// them until its deadline.
func endless(method string) bool {
	return method == healthpb.Health_Watch_FullMethodName || method == workflowv1.RunService_StreamRunEvents_FullMethodName
}

// until ends endless streams with the context, by a code that lets the caller go on at another process.
func until(stopping context.Context) grpc.StreamServerInterceptor {
	return func(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		if !endless(info.FullMethod) {
			return handle(service, stream)
		}
		ctx, cancel := context.WithCancel(stream.Context())
		defer cancel()
		defer context.AfterFunc(stopping, cancel)()
		err := handle(service, &middleware.WrappedServerStream{ServerStream: stream, WrappedContext: ctx})
		if err != nil && stopping.Err() != nil && stream.Context().Err() == nil {
			return status.Error(codes.Unavailable, "this engine process is being replaced; ask again to reach another")
		}
		return err
	}
}
