package telemetry

import (
	"context"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

type (
	requestIDKey struct{}
	runKey       struct{}
)

// WithRequestID gives everything that is logged with the context the id that the caller was told.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the id of the request that is served, or empty.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithRun gives everything that is logged with the context the run's id.
func WithRun(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, runKey{}, id)
}

// NewLogHandler adds request_id, run_id, trace_id and span_id to every record whose context knows them. They stand
// at the top of the record, whatever groups the logger opened. A handler that does so already stays as it is.
func NewLogHandler(inner slog.Handler) slog.Handler {
	if done, is := inner.(*logHandler); is {
		return done
	}
	return &logHandler{root: inner, full: inner}
}

// logHandler keeps the handler before the first group, and how to come from there to the full one.
type logHandler struct {
	root, full slog.Handler
	grouped    []func(slog.Handler) slog.Handler
}

// Enabled asks the handler within.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.full.Enabled(ctx, level)
}

// Handle adds the ids.
func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	ids := identifiers(ctx)
	if len(ids) == 0 {
		return h.full.Handle(ctx, record)
	}
	if len(h.grouped) == 0 {
		record = record.Clone()
		record.AddAttrs(ids...)
		return h.full.Handle(ctx, record)
	}
	handler := h.root.WithAttrs(ids)
	for _, step := range h.grouped {
		handler = step(handler)
	}
	return handler.Handle(ctx, record)
}

// WithAttrs adds attributes below the open group.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(len(h.grouped) > 0, func(inner slog.Handler) slog.Handler { return inner.WithAttrs(attrs) })
}

// WithGroup opens a group; the ids stay above it.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return h.with(true, func(inner slog.Handler) slog.Handler { return inner.WithGroup(name) })
}

func (h *logHandler) with(grouped bool, step func(slog.Handler) slog.Handler) slog.Handler {
	if !grouped {
		next := step(h.root)
		return &logHandler{root: next, full: next}
	}
	return &logHandler{root: h.root, full: step(h.full), grouped: append(slices.Clip(h.grouped), step)}
}

func identifiers(ctx context.Context) (ids []slog.Attr) {
	if id := RequestID(ctx); id != "" {
		ids = append(ids, slog.String("request_id", id))
	}
	if id, _ := ctx.Value(runKey{}).(string); id != "" {
		ids = append(ids, slog.String("run_id", id))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		ids = append(ids, slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return ids
}
