package telemetry

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// newMeters makes a meter provider that a registry of its own reads: the process has no global one.
func newMeters(who *resource.Resource) (*sdkmetric.MeterProvider, *prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister( // fails only for a collector that is there already
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsScheduler, collectors.MetricsGC)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(),
		otelprometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		return nil, nil, fmt.Errorf("metrics for Prometheus: %w", err)
	}
	return sdkmetric.NewMeterProvider(sdkmetric.WithResource(who), sdkmetric.WithReader(exporter),
		sdkmetric.WithView(bounded("http.client.*", "http.request.method", "http.response.status_code", "error.type")),
		sdkmetric.WithView(bounded("rpc.*", "rpc.method", "rpc.service", "rpc.grpc.status_code", "rpc.response.status_code", "error.type")),
	), registry, nil
}

// bounded keeps these attributes alone: the libraries also record the Host header and addresses, of which a
// stranger can send any number.
func bounded(instruments string, keys ...attribute.Key) sdkmetric.View {
	return sdkmetric.NewView(sdkmetric.Instrument{Name: instruments}, sdkmetric.Stream{AttributeFilter: attribute.NewAllowKeysFilter(keys...)})
}

// MetricsHandler answers with all metrics in Prometheus's text format.
func (t *Telemetry) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{
		ErrorLog: errorLog{t.log}, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4,
	})
}
