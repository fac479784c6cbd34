package telemetry

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/agentteam/agentteam/contract"
)

// requests measures the requests of a public server, in the words of OpenTelemetry's semantic conventions for HTTP.
type requests struct {
	duration metric.Float64Histogram
	labels   sync.Map // of kind, metric.MeasurementOption: they are few, and each request needs one
}

// kind is what requests are counted by. Methods, routes and statuses are ours: strangers cannot make more of them.
type kind struct {
	method, route string
	status        int
}

func newRequests(meter metric.Meter) (*requests, error) {
	m := maker{meter: meter}
	duration := m.seconds("http.server.request.duration", "Duration of HTTP server requests.",
		[]float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10})
	return &requests{duration: duration}, errors.Join(m.problems...)
}

// Request begins the trace and the time of a request to a public server; probes have neither. A caller's own trace is linked,
// not continued: strangers do not choose our trace ids. The end takes the pattern that the request matched, "/v1/runs/{id}" or
// none, since its path may be anything, and the status of the answer.
func (t *Telemetry) Request(r *http.Request) (ctx context.Context, end func(route string, status int)) {
	if probe(r.URL.Path) {
		return r.Context(), func(string, int) {}
	}
	began, method := time.Now(), knownMethod(r.Method)
	options := []trace.SpanStartOption{trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer)}
	remote := trace.SpanContextFromContext(propagator().Extract(context.Background(), propagation.HeaderCarrier(r.Header)))
	if remote.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: remote}))
	}
	ctx, span := t.tracer.Start(r.Context(), method, options...) //nolint:spancheck // end ends it
	return ctx, func(route string, status int) {                 //nolint:spancheck // as above
		k := kind{method, route, cmp.Or(status, http.StatusOK)} // which net/http sends for a handler that sent nothing
		t.requests.record(ctx, k, time.Since(began))
		if span.IsRecording() {
			describeRequest(span, r, k)
		}
		span.End()
	}
}

func (q *requests) record(ctx context.Context, k kind, took time.Duration) {
	labels, known := q.labels.Load(k)
	if !known {
		labels, _ = q.labels.LoadOrStore(k, metric.WithAttributeSet(attribute.NewSet(k.attributes()...)))
	}
	q.duration.Record(ctx, took.Seconds(), labels.(metric.MeasurementOption)) //nolint:forcetypeassert // nothing else is stored
}

func (k kind) attributes() []attribute.KeyValue {
	found := []attribute.KeyValue{attribute.String("http.request.method", k.method), attribute.Int("http.response.status_code", k.status)}
	if k.route != "" {
		found = append(found, attribute.String("http.route", k.route))
	}
	if k.status >= http.StatusInternalServerError {
		found = append(found, attribute.String("error.type", strconv.Itoa(k.status)))
	}
	return found
}

func describeRequest(span trace.Span, r *http.Request, k kind) {
	span.SetAttributes(k.attributes()...)
	span.SetAttributes(attribute.String("url.path", r.URL.Path), attribute.String("network.peer.address", r.RemoteAddr),
		attribute.String("user_agent.original", r.UserAgent()))
	if k.route != "" {
		span.SetName(k.method + " " + k.route)
	}
	if k.status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// knownMethod is the method, or the word of the conventions for what a stranger made up.
func knownMethod(method string) string {
	known := []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace,
	}
	if slices.Contains(known, method) {
		return method
	}
	return "_OTHER"
}

// probe says whether a path is asked every few seconds, for ever, by a machine.
func probe(path string) bool {
	return path == contract.HealthPath || path == "/ready" || path == MetricsPath
}
