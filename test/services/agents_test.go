//go:build live

package services_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/devstack/api"
	"github.com/agentteam/agentteam/internal/id"
)

// hire makes an agent with one version and gives its id.
func hire(t *testing.T, c *api.Client, document string) string {
	t.Helper()
	var created struct{ ID string }
	if err := c.Post(t.Context(), "/v1/agents", json.RawMessage(document), &created); err != nil {
		t.Fatal(err)
	}
	if err := c.Post(t.Context(), "/v1/agents/"+created.ID+":publish", map[string]string{}, nil); err != nil {
		t.Fatal(err)
	}
	return created.ID
}

const writer = `{"name": "Writer", "provider": "openai", "model": "gpt-5-mini", "instructions": "Write.", "max_turns": 4,
	"tools": [{"type": "function", "name": "count_words", "description": "Counts words.",
		"parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}, "value": "${{ args.text.split(' ').size() }}"}]}`

// TestAgentsLife goes from a draft over versions to a workflow that keeps to the first of them.
func TestAgentsLife(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	agent := hire(t, c, writer)
	stale := ask(t, c, http.MethodPut, "/v1/agents/"+agent, []byte(writer), http.Header{"If-Match": {`"7"`}})
	if stale.status != http.StatusPreconditionFailed {
		t.Errorf("a change of another revision: %d %s", stale.status, stale.body)
	}
	changed := ask(t, c, http.MethodPut, "/v1/agents/"+agent, []byte(strings.Replace(writer, "Write.", "Rhyme.", 1)), http.Header{"If-Match": {`"1"`}})
	if changed.status != http.StatusOK || changed.header.Get("ETag") != `"2"` {
		t.Errorf("a change: %d %s", changed.status, changed.body)
	}
	second := ask(t, c, http.MethodPost, "/v1/agents/"+agent+":publish", []byte(`{"note": "in verse"}`), nil)
	if second.status != http.StatusCreated || second.header.Get("Location") != "/v1/agents/"+agent+"/versions/2" {
		t.Errorf("the second version: %d %s", second.status, second.body)
	}
	workflow := publish(t, c, fmt.Sprintf(`{"schema": "agentteam/v1", "name": "Team work", "outputs": {"text": "${{ nodes.write.output.text }}"},
		"nodes": [{"id": "write", "type": "agent", "config": {"agent": %q, "version": 1, "prompt": "Write."}}], "edges": []}`, agent))
	if removed := ask(t, c, http.MethodDelete, "/v1/agents/"+agent, nil, nil); removed.status != http.StatusNoContent {
		t.Errorf("deleted: %d %s", removed.status, removed.body)
	}
	events := follow(t, c, start(t, c, workflow, `{}`), nil)
	expectOrder(t, events, "step.started", "message.started", "message.completed", "tool.call", "tool.result", "message.completed", "step.completed", "run.completed")
}

func TestAnAgentIsRunDirectly(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	agent := hire(t, c, writer)
	var run api.Run
	if err := c.Post(t.Context(), "/v1/runs", map[string]any{"agent": agent, "version": 1, "inputs": map[string]any{"prompt": "Write about tides."}}, &run); err != nil {
		t.Fatal(err)
	}
	follow(t, c, run.ID, nil)
	ended := ask(t, c, http.MethodGet, "/v1/runs/"+run.ID, nil, nil)
	var got struct {
		Agent    string `json:"agent_id"`
		Workflow string `json:"workflow_id"`
		Status   string `json:"status"`
		Outputs  struct {
			Text  string `json:"text"`
			Turns int    `json:"turns"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(ended.body), &got); err != nil || got.Agent != agent || got.Workflow != "" || got.Status != "completed" || got.Outputs.Text == "" || got.Outputs.Turns < 2 {
		t.Errorf("the run is %s, %v", ended.body, err)
	}
	for body, status := range map[string]int{
		`{"inputs": {"prompt": "?"}}`: http.StatusUnprocessableEntity,
		fmt.Sprintf(`{"agent": %q, "workflow": %q, "inputs": {"prompt": "?"}}`, agent, id.New(id.Workflow)): http.StatusUnprocessableEntity,
		fmt.Sprintf(`{"agent": %q}`, agent):                                              http.StatusUnprocessableEntity,
		fmt.Sprintf(`{"agent": %q, "version": 2, "inputs": {"prompt": "?"}}`, agent):     http.StatusNotFound,
		fmt.Sprintf(`{"agent": %q, "inputs": {"prompt": "?"}}`, id.New(id.Agent)):        http.StatusNotFound,
		fmt.Sprintf(`{"agent": %q, "inputs": {"prompt": "?"}}`, id.New(id.Workflow)):     http.StatusNotFound,
		fmt.Sprintf(`{"agent": %q, "inputs": {"prompt": "?", "language": "en"}}`, agent): http.StatusUnprocessableEntity,
	} {
		if got := ask(t, c, http.MethodPost, "/v1/runs", []byte(body), nil); got.status != status || got.code() == "" {
			t.Errorf("%s: %d %s, want %d", body, got.status, got.body, status)
		}
	}
}
