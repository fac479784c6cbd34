package telemetry

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Task is one attempt of a step, as its span and its log lines name it.
type Task struct {
	Run, Step, Type string
	Carrier         string // of the request from which the step follows
}

// StartTask goes on with the trace of the request from which the step follows, in whichever process and however much later: one id finds
// all that came of a request. What the context logs from here on has the run's id. Call end once, with the failure's code or nothing.
func (e *Engine) StartTask(ctx context.Context, task Task) (_ context.Context, end func(failure string)) {
	if e == nil {
		return ctx, func(string) {}
	}
	return e.span(WithRun(carried(ctx, task.Carrier), task.Run), strings.TrimSpace("step "+task.Type), trace.SpanKindConsumer,
		attribute.String("workflow.run.id", task.Run), attribute.String("workflow.step.path", task.Step), attribute.String("workflow.node.type", task.Type))
}

// StartCall begins the span of a call to a model or a tool, within that of its step. Spans have the names that metrics are kept from having.
func (e *Engine) StartCall(ctx context.Context, kind, name string) (_ context.Context, end func(failure string)) {
	if e == nil {
		return ctx, func(string) {}
	}
	if kind != "model" {
		return e.span(ctx, "execute_tool "+name, trace.SpanKindClient, attribute.String("gen_ai.operation.name", "execute_tool"), attribute.String("gen_ai.tool.name", name))
	}
	provider, model, _ := strings.Cut(name, "/")
	return e.span(ctx, "chat "+model, trace.SpanKindClient, attribute.String("gen_ai.operation.name", "chat"),
		attribute.String("gen_ai.provider.name", provider), attribute.String("gen_ai.request.model", model))
}

func (e *Engine) span(ctx context.Context, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, func(string)) {
	ctx, span := e.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...)) //nolint:spancheck // end ends it
	return ctx, func(failure string) {                                                                    //nolint:spancheck // as above
		if failure != "" {
			span.SetAttributes(attribute.String("error.type", failure))
			span.SetStatus(codes.Error, failure)
		}
		span.End()
	}
}
