//go:build live

package services_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

const report = `{"schema": "agentteam/v1", "name": "Secret report",
	"inputs": {"type": "object", "properties": {"topic": {"type": "string"}, "text": {"type": "string"}}, "required": ["topic", "text"]},
	"outputs": {"topic": "${{ inputs.topic }}", "text": "${{ nodes.write.output.text }}", "decision": "${{ nodes.check.output.decision }}"},
	"nodes": [
		{"id": "write", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Write about ${{ inputs.topic }}"}},
		{"id": "keep", "type": "transform", "config": {"value": "${{ inputs.text }}"}},
		{"id": "check", "type": "approval", "config": {"title": "Send it?", "details": {"text": "${{ nodes.write.output.text }}"}}}
	],
	"edges": [{"from": "write", "to": "keep"}, {"from": "keep", "to": "check"}]}`

// reportInputs make an output that is kept as an artifact.
func reportInputs() string {
	return fmt.Sprintf(`{"topic": "tides", "text": %q}`, strings.Repeat("x", 80<<10))
}

// follow reads a run's events to done. Each may act on them.
func follow(t *testing.T, c *api.Client, run string, each func(api.Event)) (events []api.Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := c.Follow(ctx, run, func(e api.Event) error {
		events = append(events, e)
		if each != nil {
			each(e)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("after %d events: %v", len(events), err)
	}
	return events
}

func types(events []api.Event) (names []string) {
	for _, e := range events {
		names = append(names, e.Type)
	}
	return names
}

// expectOrder looks for events in this order, with others between them.
func expectOrder(t *testing.T, events []api.Event, want ...string) {
	t.Helper()
	rest := want
	for _, name := range types(events) {
		if len(rest) > 0 && name == rest[0] {
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		t.Errorf("the events %v lack %v in this order", types(events), rest)
	}
}

// approve decides as soon as it is asked.
func approve(t *testing.T, c *api.Client) func(api.Event) {
	return func(e api.Event) {
		if e.Type != "approval.requested" {
			return
		}
		var asked struct{ Approval, Digest string }
		if err := json.Unmarshal(e.Data, &asked); err != nil {
			t.Error(err)
		}
		wrong := ask(t, c, http.MethodPost, "/v1/approvals/"+asked.Approval+":approve", []byte(`{"digest": "`+strings.Repeat("0", 64)+`"}`), nil)
		if wrong.status != http.StatusConflict {
			t.Errorf("a decision about something else: %d %s", wrong.status, wrong.body)
		}
		if err := c.Decide(t.Context(), asked.Approval, asked.Digest, true); err != nil {
			t.Error(err)
		}
	}
}

func TestARunFromItsDocumentToItsOutputs(t *testing.T) {
	c := newClient(t)
	run := start(t, c, publish(t, c, report), reportInputs())
	events := follow(t, c, run, approve(t, c))
	expectOrder(t, events, "run.queued", "run.started", "step.started", "message.started", "message.completed", "usage.updated", "step.completed",
		"approval.requested", "run.paused", "approval.decided", "run.completed", "done")

	got, err := c.Run(t.Context(), run)
	if err != nil || got.Status != "completed" || got.Usage.ModelCalls != 1 || got.Usage.OutputTokens == 0 {
		t.Fatalf("the run is %+v, %v", got, err)
	}
	var outputs struct{ Topic, Text, Decision string }
	if err := json.Unmarshal(got.Outputs, &outputs); err != nil || outputs.Topic != "tides" || outputs.Text == "" || outputs.Decision != "approved" {
		t.Errorf("outputs %s, %v", got.Outputs, err)
	}
	steps, err := c.Steps(t.Context(), run)
	if err != nil || len(steps) != 3 || steps[1].Path != "keep" || steps[1].OutputArtifact == "" {
		t.Fatalf("steps %v, %v", steps, err)
	}
	artifact := ask(t, c, http.MethodGet, "/v1/artifacts/"+steps[1].OutputArtifact, nil, nil)
	if want := `"` + strings.Repeat("x", 80<<10) + `"`; artifact.status != http.StatusOK || artifact.body != want {
		t.Errorf("the artifact: %d, %d bytes", artifact.status, len(artifact.body))
	}
	usage := ask(t, c, http.MethodGet, "/v1/usage", nil, nil)
	if usage.status != http.StatusOK || !strings.Contains(usage.body, "gpt-5-mini") {
		t.Errorf("usage: %d %s", usage.status, usage.body)
	}
	resumesAnywhere(t, c, run, events)
}

// resumesAnywhere reads the same log from every number, as a stream and in pages.
func resumesAnywhere(t *testing.T, c *api.Client, run string, events []api.Event) {
	t.Helper()
	for after := range int64(len(events)) {
		stream := ask(t, c, http.MethodGet, "/v1/runs/"+run+"/events", nil, http.Header{"Accept": {"text/event-stream"}, "Last-Event-Id": {strconv.FormatInt(after, 10)}})
		var seqs []string
		for line := range strings.Lines(stream.body) {
			if seq, found := strings.CutPrefix(line, "id:"); found {
				seqs = append(seqs, strings.TrimSpace(seq))
			}
		}
		page := ask(t, c, http.MethodGet, fmt.Sprintf("/v1/runs/%s/events?after=%d&limit=1000", run, after), nil, nil)
		var list struct {
			Items []api.Event `json:"items"`
			Done  bool        `json:"done"`
		}
		if err := json.Unmarshal([]byte(page.body), &list); err != nil {
			t.Fatal(err)
		}
		var want []string
		for seq := after + 1; seq <= int64(len(events)); seq++ {
			want = append(want, strconv.FormatInt(seq, 10))
		}
		if !slices.Equal(seqs, want) || !slices.Equal(types(list.Items), types(events[after:])) || !list.Done {
			t.Fatalf("after %d: the stream has %v, the page %v", after, seqs, types(list.Items))
		}
	}
	last := http.Header{"Accept": {"text/event-stream"}, "Last-Event-Id": {strconv.Itoa(len(events))}}
	if end := ask(t, c, http.MethodGet, "/v1/runs/"+run+"/events", nil, last); end.status != http.StatusNoContent {
		t.Errorf("a reader who has everything: %d", end.status)
	}
}

func TestACanceledRunEnds(t *testing.T) {
	c := newClient(t)
	run := start(t, c, publish(t, c, `{"schema": "agentteam/v1", "name": "Wait", "inputs": {"type": "object"},
		"nodes": [{"id": "wait", "type": "wait", "config": {"duration": "1h"}}], "edges": []}`), `{}`)
	events := follow(t, c, run, func(e api.Event) {
		if e.Type == "step.waiting" {
			if got := ask(t, c, http.MethodPost, "/v1/runs/"+run+":cancel", []byte(`{"reason": "no longer needed"}`), nil); got.status != http.StatusOK {
				t.Errorf("cancel: %d %s", got.status, got.body)
			}
		}
	})
	expectOrder(t, events, "run.started", "step.waiting", "step.canceled", "run.canceled", "done")
	if got := ask(t, c, http.MethodPost, "/v1/runs/"+run+":cancel", []byte(`{}`), nil); got.status != http.StatusOK {
		t.Errorf("cancel an ended run: %d %s", got.status, got.body)
	}
	if got, err := c.Run(t.Context(), run); err != nil || got.Status != "canceled" {
		t.Errorf("the run is %+v, %v", got, err)
	}
}

func TestAFailedRunIsRetriedAndForked(t *testing.T) {
	c := newClient(t)
	var broken atomic.Bool
	broken.Store(true)
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if broken.Load() {
			http.Error(w, "not now", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"fine": true}`))
	}))
	defer server.Close()
	run := start(t, c, publish(t, c, `{"schema": "agentteam/v1", "name": "Fetch", "inputs": {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]},
		"outputs": {"fine": "${{ nodes.fetch.output.body.fine }}", "before": "${{ nodes.before.output }}"},
		"nodes": [{"id": "before", "type": "template", "config": {"template": "first"}}, {"id": "fetch", "type": "http", "config": {"method": "GET", "url": "${{ inputs.url }}"}}],
		"edges": [{"from": "before", "to": "fetch"}]}`), fmt.Sprintf(`{"url": %q}`, server.URL))
	failed := follow(t, c, run, nil)
	expectOrder(t, failed, "step.failed", "run.failed", "done")
	got, err := c.Run(t.Context(), run)
	if err != nil || got.Status != "failed" || got.Failure == nil || got.Failure.Code != "http_status" || got.Failure.Step != "fetch" {
		t.Fatalf("the run is %+v, %v", got, err)
	}

	broken.Store(false)
	if retry := ask(t, c, http.MethodPost, "/v1/runs/"+run+":retry", []byte(`{}`), nil); retry.status != http.StatusAccepted {
		t.Fatalf("retry: %d %s", retry.status, retry.body)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	awaitStatus(ctx, t, c, run, "completed")
	whole := ask(t, c, http.MethodGet, "/v1/runs/"+run+"/events?after=0&limit=1000", nil, nil)
	var list struct{ Items []api.Event }
	if err := json.Unmarshal([]byte(whole.body), &list); err != nil {
		t.Fatal(err)
	}
	expectOrder(t, list.Items, "run.failed", "done", "run.retried", "step.started", "step.completed", "run.completed", "done")
	if again := ask(t, c, http.MethodPost, "/v1/runs/"+run+":retry", []byte(`{}`), nil); again.status != http.StatusConflict {
		t.Errorf("retry of a completed run: %d %s", again.status, again.body)
	}

	before := asked.Load()
	fork := ask(t, c, http.MethodPost, "/v1/runs/"+run+":fork", []byte(`{"from_step": "fetch"}`), nil)
	var forked struct {
		ID         string `json:"id"`
		ForkedFrom string `json:"forked_from"`
	}
	if err := json.Unmarshal([]byte(fork.body), &forked); err != nil || fork.status != http.StatusAccepted || forked.ForkedFrom != run {
		t.Fatalf("fork: %d %s", fork.status, fork.body)
	}
	follow(t, c, forked.ID, nil)
	got, err = c.Run(t.Context(), forked.ID)
	if err != nil || got.Status != "completed" || asked.Load() != before+1 {
		t.Fatalf("the fork is %+v, %v, %d requests", got, err, asked.Load()-before)
	}
	var outputs struct {
		Before string
		Fine   bool
	}
	if err := json.Unmarshal(got.Outputs, &outputs); err != nil || outputs.Before != "first" || !outputs.Fine {
		t.Errorf("the fork's outputs are %s, %v", got.Outputs, err)
	}
}

func awaitStatus(ctx context.Context, t *testing.T, c *api.Client, run, want string) {
	t.Helper()
	for after := 0; ; {
		page := ask(t, c, http.MethodGet, fmt.Sprintf("/v1/runs/%s/events?after=%d&wait=5", run, after), nil, nil)
		var list struct{ Items []api.Event }
		if err := json.Unmarshal([]byte(page.body), &list); err != nil {
			t.Fatal(page.body)
		}
		after += len(list.Items)
		got, err := c.Run(ctx, run)
		if err != nil {
			t.Fatalf("the run did not become %s: %v", want, err)
		}
		if got.Status == want {
			return
		}
	}
}
