package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Exporting tries an exporter whose collector fails or not, at times that the test sets.
func Exporting(log io.Writer) (export func(now time.Time, fails bool) error) {
	var failing failure
	exporter := &quietExporter{SpanExporter: &failing, log: slog.New(slog.NewTextHandler(log, nil))}
	return func(now time.Time, fails bool) error {
		exporter.now = func() time.Time { return now }
		failing = failure(fails)
		return exporter.ExportSpans(context.Background(), make([]sdktrace.ReadOnlySpan, 10))
	}
}

type failure bool

func (f *failure) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	if *f {
		return errors.New("connection refused")
	}
	return nil
}

func (*failure) Shutdown(context.Context) error { return nil }
