package telemetry_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/telemetry"
)

func scrape(t *testing.T, sample *telemetry.Telemetry) string {
	t.Helper()
	answer := httptest.NewRecorder()
	sample.MetricsHandler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("/metrics answers %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func TestEngineMetrics(t *testing.T) {
	sample := start(t, "", io.Discard)
	engine, err := sample.Engine()
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	engine.StepEnded(ctx, "http", "failed", 20*time.Millisecond)
	engine.RunEnded(ctx, "completed", time.Minute)
	engine.CallEnded(ctx, telemetry.Call{
		Kind: "model", Name: "openai/gpt-5-mini", Status: "succeeded", Took: time.Second, InputTokens: 100, OutputTokens: 7, CostMicroUSD: 250,
	})
	engine.CallEnded(ctx, telemetry.Call{Kind: "tool", Name: "search", Status: "failed", Error: "timeout", Took: time.Second})
	first, second := engine.TaskBegun(ctx, 30*time.Millisecond), engine.TaskBegun(ctx, -time.Second)
	first()
	engine.EventDelivered(ctx, 3*time.Millisecond)

	text := scrape(t, sample)
	for _, want := range []string{
		`workflow_steps_total{status="failed",workflow_node_type="http"} 1`,
		`workflow_step_duration_seconds_bucket{status="failed",workflow_node_type="http",le="0.02"} 1`,
		`workflow_runs_total{status="completed"} 1`,
		`workflow_calls_total{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-5-mini",status="succeeded"} 1`,
		`workflow_calls_total{gen_ai_operation_name="execute_tool",gen_ai_tool_name="search",status="failed"} 1`,
		`gen_ai_client_operation_duration_seconds_count{error_type="timeout",gen_ai_operation_name="execute_tool",gen_ai_tool_name="search"} 1`,
		`gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-5-mini",gen_ai_token_type="input"} 100`,
		`gen_ai_token_type="output"} 7`,
		`workflow_cost_USD_total{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-5-mini"} 0.00025`,
		`workflow_tasks_active 1`,
		`workflow_task_queue_duration_seconds_count 2`,
		`workflow_event_lag_seconds_bucket{le="0.005"} 1`,
		`target_info{`, "\ngo_goroutines ", "\nprocess_resident_memory_bytes ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	second()
	if !strings.Contains(scrape(t, sample), "workflow_tasks_active 0") {
		t.Error("a task that has ended counts as active")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestANilEngineMeasuresNothing(t *testing.T) {
	var none *telemetry.Engine
	none.StepEnded(t.Context(), "http", "failed", 0)
	none.RunEnded(t.Context(), "completed", 0)
	none.CallEnded(t.Context(), telemetry.Call{})
	none.EventDelivered(t.Context(), 0)
	none.TaskBegun(t.Context(), 0)()
}

// Whatever strangers send, the number of time series stays what it is.
func TestLabelsAreBounded(t *testing.T) {
	sample := start(t, "", io.Discard)
	engine, err := sample.Engine()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		name := strconv.Itoa(i)
		engine.CallEnded(t.Context(), telemetry.Call{Kind: "model", Name: "openai/" + name, Status: "failed"})
		engine.CallEnded(t.Context(), telemetry.Call{Kind: "tool", Name: name, Status: "failed"})
		request := httptest.NewRequest("ODD"+name, "http://host"+name+".example/v1/runs/"+name, nil)
		_, end := sample.Request(request)
		end("/v1/runs/{id}", http.StatusNotFound)
	}
	text := scrape(t, sample)
	if got := strings.Count(text, "workflow_calls_total{"); got != 2*51 {
		t.Errorf("there are %d series of calls, want 50 models, 50 tools, and other twice", got)
	}
	if got := strings.Count(text, "http_server_request_duration_seconds_count{"); got != 1 {
		t.Errorf("there are %d series of requests, want one", got)
	}
	if !strings.Contains(text, `http_route="/v1/runs/{id}"`) || strings.Contains(text, "example") {
		t.Error("a request is to be labeled with its route and not with its host")
	}
}

func TestProbesAreNotMeasured(t *testing.T) {
	sample := start(t, "", io.Discard)
	for _, path := range []string{"/health", "/ready", "/metrics"} {
		_, end := sample.Request(httptest.NewRequest(http.MethodGet, path, nil))
		end(path, http.StatusOK)
	}
	if text := scrape(t, sample); strings.Contains(text, "http_server_request_duration") {
		t.Error("probes count as requests")
	}
}

func TestServeAnswersUntilTheContextEnds(t *testing.T) {
	address := make(chan string, 1)
	sample := start(t, "", writer(func(text string) {
		if _, after, found := strings.Cut(text, "metrics_address="); found {
			address <- strings.TrimSpace(after)
		}
	}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sample.Serve(ctx, "127.0.0.1:0") }()
	url := "http://" + <-address
	for path, want := range map[string]int{"/metrics": http.StatusOK, "/": http.StatusNotFound} {
		answer, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s answers %d, want %d", path, answer.StatusCode, want)
		}
	}
	err := sample.Serve(ctx, strings.TrimPrefix(url, "http://"))
	if err == nil || !strings.Contains(err.Error(), "METRICS_ADDRESS") {
		t.Errorf("a busy address gives %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the end of the context is no error, got %v", err)
	}
}

type writer func(string)

func (w writer) Write(text []byte) (int, error) {
	w(string(text))
	return len(text), nil
}
