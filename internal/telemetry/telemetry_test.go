package telemetry_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/agentteam/agentteam/internal/telemetry"
)

// start makes a service's telemetry that the test's end shuts down.
func start(t *testing.T, endpoint string, log io.Writer) *telemetry.Telemetry {
	t.Helper()
	made, err := telemetry.Start(t.Context(), telemetry.Options{
		Service: "sample", Version: "v1", OTLPEndpoint: endpoint, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { made.Shutdown(context.Background()) })
	return made
}

// engine gives the engine's instruments and spans.
func engine(t *testing.T, of *telemetry.Telemetry) *telemetry.Engine {
	t.Helper()
	made, err := of.Engine()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// collected is a collector that keeps what it is sent.
type collected struct {
	mu    sync.Mutex
	spans []*tracev1.Span
	who   string
}

func (c *collected) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "not a trace", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		c.who = resource.GetResource().String()
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func TestTracesReachTheCollectorAndTasksGoOnWithTheirRequest(t *testing.T) {
	var got collected
	server := httptest.NewServer(&got)
	defer server.Close()
	sample := start(t, server.URL+"/", io.Discard)

	request := httptest.NewRequest(http.MethodPost, "/v1/runs/run_1", nil)
	request.Header.Set("Traceparent", "00-11111111111111111111111111111111-2222222222222222-01")
	ctx, answered := sample.Request(request)
	carrier := telemetry.Carrier(ctx)
	answered("/v1/runs/{id}", http.StatusOK)
	measure := engine(t, sample)
	step, endStep := measure.StartTask(t.Context(), telemetry.Task{Run: "run_1", Step: "write", Type: "agent", Carrier: carrier})
	_, endCall := measure.StartCall(step, "model", "openai/gpt-5")
	endCall("rate_limited")
	endStep("")
	sample.Shutdown(t.Context())

	if len(got.spans) != 3 {
		t.Fatalf("collected %d spans, want the request's, the call's and the step's: %v", len(got.spans), got.spans)
	}
	of, call, task := got.spans[0], got.spans[1], got.spans[2]
	if of.GetName() != "POST /v1/runs/{id}" || task.GetName() != "step agent" || call.GetName() != "chat gpt-5" {
		t.Errorf("spans are named %q, %q and %q", of.GetName(), task.GetName(), call.GetName())
	}
	if bytes.Contains(of.GetTraceId(), []byte{0x11, 0x11}) || len(of.GetLinks()) != 1 {
		t.Errorf("a stranger's trace is to be linked, not continued: %v", of)
	}
	for child, parent := range map[*tracev1.Span]*tracev1.Span{task: of, call: task} {
		if !bytes.Equal(child.GetParentSpanId(), parent.GetSpanId()) || !bytes.Equal(child.GetTraceId(), parent.GetTraceId()) {
			t.Errorf("%q is to go on with %q: %v", child.GetName(), parent.GetName(), child)
		}
	}
	if call.GetStatus().GetCode() != tracev1.Status_STATUS_CODE_ERROR || task.GetStatus().GetCode() == tracev1.Status_STATUS_CODE_ERROR {
		t.Errorf("the call failed, the step did not: %v, %v", call.GetStatus(), task.GetStatus())
	}
	for _, want := range []string{"service.name", "sample", "service.version", "service.instance.id"} {
		if !strings.Contains(got.who, want) {
			t.Errorf("the resource lacks %s: %s", want, got.who)
		}
	}
}

// A collector that takes connections and never answers is the worst kind.
func TestADeadCollectorNeitherBlocksNorFloodsTheLog(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var log bytes.Buffer
	sample := start(t, "http://"+listener.Addr().String(), &log)
	measure := engine(t, sample)
	began := time.Now()
	for range 20_000 {
		_, end := measure.StartTask(t.Context(), telemetry.Task{Run: "run_1", Type: "http"})
		end("broken")
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("20,000 spans took %v", took)
	}
	began = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	sample.Shutdown(ctx)
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("the shutdown took %v, its context gave it a second", took)
	}
	if lines := strings.Count(log.String(), "\n"); lines > 2 {
		t.Errorf("the log has %d lines:\n%s", lines, &log)
	}
}

func TestWithoutACollectorThereAreTraceIDs(t *testing.T) {
	sample := start(t, "", io.Discard)
	ctx, end := engine(t, sample).StartTask(t.Context(), telemetry.Task{Run: "run_1", Type: "http", Carrier: "rubbish"})
	defer end("")
	if carrier := telemetry.Carrier(ctx); len(carrier) != 55 || strings.Contains(carrier, "0000000000000000") {
		t.Errorf("the carrier is %q", carrier)
	}
	if carrier := telemetry.Carrier(t.Context()); carrier != "" {
		t.Errorf("without a trace the carrier is %q", carrier)
	}
}
