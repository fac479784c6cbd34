package telemetry

import (
	"context"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	"github.com/agentteam/agentteam/contract"
)

// HTTP measures and traces the requests of a public server. A caller's own trace is linked, not continued: strangers do
// not choose our trace ids. Put it outermost, so that everything within logs the trace id.
func (t *Telemetry) HTTP(next http.Handler) http.Handler {
	return otelhttp.NewHandler(next, "http",
		otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(t.meters), otelhttp.WithPropagators(propagator()),
		otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return true }),
		otelhttp.WithFilter(func(r *http.Request) bool { return !probe(r.URL.Path) }))
}

// Route names the request after the pattern that it matched, "/v1/runs/{id}". Without it a request counts without a
// route, since its path may be anything.
func Route(ctx context.Context, method, pattern string) {
	route := attribute.String("http.route", pattern)
	if labels, found := otelhttp.LabelerFromContext(ctx); found {
		labels.Add(route)
	}
	span := trace.SpanFromContext(ctx)
	span.SetName(method + " " + pattern)
	span.SetAttributes(route)
}

// probe says whether a path is asked every few seconds, for ever, by a machine.
func probe(path string) bool {
	return path == contract.HealthPath || path == "/ready" || path == MetricsPath
}

// Transport measures and traces requests to others. It sends no trace ids with them: they are strangers.
func (t *Telemetry) Transport(base http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(base, otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(t.meters),
		otelhttp.WithPropagators(nothing{}))
}

// GRPCServer measures and traces the calls of a server that only our own services reach; their traces go on.
func (t *Telemetry) GRPCServer() grpc.ServerOption {
	return grpc.StatsHandler(otelgrpc.NewServerHandler(t.grpc()...))
}

// GRPCClient measures and traces calls, and sends the trace along.
func (t *Telemetry) GRPCClient() grpc.DialOption {
	return grpc.WithStatsHandler(otelgrpc.NewClientHandler(t.grpc()...))
}

func (t *Telemetry) grpc() []otelgrpc.Option {
	return []otelgrpc.Option{
		otelgrpc.WithTracerProvider(t.traces), otelgrpc.WithMeterProvider(t.meters), otelgrpc.WithPropagators(propagator()),
		otelgrpc.WithFilter(func(call *stats.RPCTagInfo) bool { return !healthCheck(call.FullMethodName) }),
	}
}
