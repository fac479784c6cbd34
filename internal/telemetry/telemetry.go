// Package telemetry is what both services tell about themselves: traces by OTLP, metrics for Prometheus, and
// the ids that tie a log line to a request, a run and a trace. Nothing here can fail or slow a request.
package telemetry

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// shutdownLimit bounds the sending of what is left: a collector that does not answer must not hold up a
// process that ECS is about to kill.
const shutdownLimit = 5 * time.Second

// scope names our own instruments and spans among those of the libraries.
const scope = "github.com/agentteam/agentteam"

// Options say who tells, and where to.
type Options struct {
	Service, Version string
	// OTLPEndpoint is the base URL of a collector, as OTEL_EXPORTER_OTLP_ENDPOINT gives it. Without one no trace
	// leaves the process, but the log still has trace ids.
	OTLPEndpoint string
	Log          *slog.Logger
}

// Telemetry holds the providers of one process. They are handed on, never global.
type Telemetry struct {
	traces   *sdktrace.TracerProvider
	meters   *sdkmetric.MeterProvider
	registry *prometheus.Registry
	tracer   trace.Tracer
	requests *requests
	log      *slog.Logger
}

// Start makes the providers. It connects to nothing: a collector that is away costs traces, no start.
func Start(ctx context.Context, o Options) (*Telemetry, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	who, err := describe(ctx, o)
	if err != nil {
		return nil, err
	}
	traces, err := newTraces(ctx, o, who)
	if err != nil {
		return nil, err
	}
	meters, registry, err := newMeters(who)
	if err != nil {
		return nil, err
	}
	measured, err := newRequests(meters.Meter(scope))
	if err != nil {
		return nil, err
	}
	return &Telemetry{traces: traces, meters: meters, registry: registry, tracer: traces.Tracer(scope), requests: measured, log: o.Log}, nil
}

// Shutdown sends what is left, for five seconds at most. What cannot be sent by then is lost, which is no error.
func (t *Telemetry) Shutdown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, shutdownLimit)
	defer cancel()
	if err := t.traces.Shutdown(ctx); err != nil {
		t.log.WarnContext(ctx, "traces were lost at the end", "error", err)
	}
	if err := t.meters.Shutdown(ctx); err != nil {
		t.log.WarnContext(ctx, "metrics were lost at the end", "error", err)
	}
}

// describe is the resource: OTEL_RESOURCE_ATTRIBUTES may add to it.
func describe(ctx context.Context, o Options) (*resource.Resource, error) {
	who, err := resource.New(ctx, resource.WithFromEnv(), resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", o.Service),
		attribute.String("service.version", o.Version),
		attribute.String("service.instance.id", rand.Text()),
	))
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES must be name=value,name=value: %w", err)
	}
	return who, nil
}

// propagator carries the trace from process to process by the W3C's traceparent header. It leaves baggage alone, which
// would carry strangers' data to our providers.
func propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }
