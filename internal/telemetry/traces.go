package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// complainEvery bounds the log while the collector is away.
const complainEvery = 10 * time.Minute

// newTraces makes spans that go to the collector, or that carry ids and nothing else.
func newTraces(ctx context.Context, o Options, who *resource.Resource) (*sdktrace.TracerProvider, error) {
	if o.OTLPEndpoint == "" {
		return sdktrace.NewTracerProvider(sdktrace.WithResource(who), sdktrace.WithSampler(sdktrace.NeverSample())), nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimRight(o.OTLPEndpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	quiet := &quietExporter{SpanExporter: exporter, log: o.Log, now: time.Now}
	return sdktrace.NewTracerProvider(sdktrace.WithResource(who), sdktrace.WithBatcher(quiet)), nil
}

// quietExporter keeps a collector that is away out of the log, but for a line in ten minutes. The batches before it
// are bounded and dropped when full, so spans never wait for the collector.
type quietExporter struct {
	sdktrace.SpanExporter
	log *slog.Logger
	now func() time.Time

	mu         sync.Mutex
	lost       int
	complained time.Time
}

// ExportSpans never fails: the SDK would write the failure to the process's standard error.
func (e *quietExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case err == nil && e.lost > 0:
		e.log.InfoContext(ctx, "the trace collector answers again", "spans_lost", e.lost)
		e.lost, e.complained = 0, time.Time{}
	case err != nil:
		e.lost += len(spans)
		if e.now().Sub(e.complained) >= complainEvery {
			e.complained = e.now()
			e.log.WarnContext(ctx, "the trace collector does not take spans; they are dropped", "spans_lost", e.lost, "error", err)
		}
	}
	return nil
}
