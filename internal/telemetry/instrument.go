package telemetry

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

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
