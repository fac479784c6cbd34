package telemetry

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const traceparent = "traceparent"

// Carrier is the context's trace as text, for the input of a task that another process may carry out days later. It is
// empty without a trace, and has 55 characters otherwise.
func Carrier(ctx context.Context) string {
	carried := propagation.MapCarrier{}
	propagator().Inject(ctx, carried)
	return carried[traceparent]
}

// Task is one piece of a run's work, as its span and its log lines name it.
type Task struct {
	Run, Step, Type string
	Carrier         string // of the request that started the run
}

// StartTask begins a trace of its own that links to the request that started the run: a run may last for days,
// and a trace is read whole. What the context logs from here on has the run's id. Call end once, with the task's error.
func (t *Telemetry) StartTask(ctx context.Context, task Task) (_ context.Context, end func(error)) {
	options := []trace.SpanStartOption{
		trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.String("workflow.run.id", task.Run),
			attribute.String("workflow.step.path", task.Step), attribute.String("workflow.node.type", task.Type)),
	}
	if origin := remote(task.Carrier); origin.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: origin}))
	}
	//nolint:spancheck // end ends it
	ctx, span := t.tracer.Start(WithRun(ctx, task.Run), strings.TrimSpace("step "+task.Type), options...)
	return ctx, func(err error) { //nolint:spancheck // as above
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// remote reads a carrier. One that is not of this format gives no link, and no error.
func remote(carrier string) trace.SpanContext {
	ctx := propagator().Extract(context.Background(), propagation.MapCarrier{traceparent: carrier})
	return trace.SpanContextFromContext(ctx)
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
