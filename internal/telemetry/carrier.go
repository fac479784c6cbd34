package telemetry

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const traceparent = "traceparent"

// Carrier is the context's trace as text, for the input of a task that another process may carry out days later. It is
// empty without a trace, and has 55 characters otherwise.
func Carrier(ctx context.Context) string {
	found := propagation.MapCarrier{}
	propagator().Inject(ctx, found)
	return found[traceparent]
}

// carried is a context in the trace of a carrier. One that is not of this format gives no trace, and no error.
func carried(ctx context.Context, carrier string) context.Context {
	return propagator().Extract(ctx, propagation.MapCarrier{traceparent: carrier})
}

// Within gives a context the span of another, and what its log lines have from it.
func Within(ctx, span context.Context) context.Context {
	run, _ := span.Value(runKey{}).(string)
	return WithRun(trace.ContextWithSpan(ctx, trace.SpanFromContext(span)), run)
}

// nothing is a propagator that tells nobody anything.
type nothing struct{}

// Inject adds nothing.
func (nothing) Inject(context.Context, propagation.TextMapCarrier) {}

// Extract finds nothing.
func (nothing) Extract(ctx context.Context, _ propagation.TextMapCarrier) context.Context { return ctx }

// Fields are the headers that are never set.
func (nothing) Fields() []string { return nil }

func healthCheck(method string) bool {
	return strings.HasPrefix(strings.TrimPrefix(method, "/"), "grpc.health.v1.Health/")
}
