//go:build live

package reliability_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/servicetest"
)

// TestTracesGoThrough finds one trace from the HTTP request to the calls of models, also those of a process that took the run over.
func TestTracesGoThrough(t *testing.T) {
	traces := newTraces(t)
	w, engines, _ := start(t, 1, 1, contract.OTLPEndpoint+"="+traces.url, "OTEL_BSP_SCHEDULE_DELAY=100")
	slow := w.client.publish(slowDocument)
	run := w.client.run(slow, map[string]int{"n": 1})
	servicetest.Eventually(t, "a model is asked", func() bool { return w.models.inFlight(engines[0].name) > 0 })
	request, call := "POST /v1/runs", "workflow.v1.RunService/StartRun"
	servicetest.Eventually(t, "the engine has sent what a kill would lose", func() bool {
		return strings.Contains(traces.under(request)[call], contract.WorkflowEngine().Name)
	})
	w.startEngine()
	w.kill(engines[0])
	w.settle(expected{run: slowOutputs(1)}, patience)

	servicetest.Eventually(t, "the request's trace has the call", func() bool {
		return len(traces.under(request)["chat gpt-5-mini"]) > 0 && len(traces.under(request)["step agent"]) > 0
	})
	found := traces.under(request)
	for name, service := range map[string]string{
		request: contract.APIGateway().Name, call: contract.WorkflowEngine().Name,
		"step agent": contract.WorkflowEngine().Name, "chat gpt-5-mini": contract.WorkflowEngine().Name,
	} {
		if !strings.Contains(found[name], service) {
			t.Errorf("the trace of %s has %q of %q, want it of %s: %v", request, name, found[name], service, found)
		}
	}
}

// traces is a collector of OpenTelemetry's that keeps what both services send.
type traces struct {
	url   string
	mu    sync.Mutex
	spans []span
}

type span struct{ trace, name, service string }

func newTraces(t *testing.T) *traces {
	t.Helper()
	c := &traces{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *traces) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request collector.ExportTraceServiceRequest
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, from := range request.GetResourceSpans() {
		service := ""
		for _, a := range from.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range from.GetScopeSpans() {
			for _, one := range scope.GetSpans() {
				c.spans = append(c.spans, span{hex.EncodeToString(one.GetTraceId()), one.GetName(), service})
			}
		}
	}
}

// under gives the spans of the trace that a request began, by name, with the services that they are of.
func (c *traces) under(request string) map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	root := ""
	for _, one := range c.spans {
		if one.name == request {
			root = one.trace
		}
	}
	found := map[string]string{}
	for _, one := range c.spans {
		if one.trace == root {
			found[one.name] += one.service + " "
		}
	}
	return found
}
