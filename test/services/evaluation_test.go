//go:build live

package services_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// verdicts are what an evaluation run tells.
type verdicts struct {
	Passed, Failed int
	EndedAt        *time.Time `json:"ended_at"`
	Results        []struct {
		Name, Status, Reason string
		RunID                string `json:"run_id"`
	}
}

// awaitVerdicts waits for the last case's verdict.
func awaitVerdicts(t *testing.T, c *api.Client, trial string) (v verdicts) {
	t.Helper()
	for deadline := time.Now().Add(patience); v.EndedAt == nil; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the evaluation does not end: %+v", v)
		}
		if err := c.Get(t.Context(), "/v1/evaluation-runs/"+trial, &v); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

const haiku = `{"schema": "agentteam/v1", "name": "Haiku", "inputs": {"type": "object", "properties": {"topic": {"type": "string"}}, "required": ["topic"]},
	"outputs": {"text": "${{ nodes.write.output.text }}"},
	"nodes": [{"id": "write", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Write a haiku about ${{ inputs.topic }}"}}], "edges": []}`

// A version is tried against cases, a run of it is replayed on the next version, and both tell what has become other.
func TestAVersionIsEvaluatedAndReplayed(t *testing.T) {
	c := newClient(t)
	workflow := publish(t, c, haiku)
	made := ask(t, c, http.MethodPost, "/v1/evaluations", []byte(`{"workflow": "`+workflow+`", "name": "Haikus", "cases": [
		{"name": "about tides", "inputs": {"topic": "tides"}, "expect": {"type": "cel", "expression": "${{ outputs.text.contains('haiku about tides') }}"}}]}`), nil)
	evaluation := strings.TrimPrefix(made.header.Get("Location"), "/v1/evaluations/")
	if made.status != http.StatusCreated {
		t.Fatalf("%d %s", made.status, made.body)
	}
	try := func() string {
		started := ask(t, c, http.MethodPost, "/v1/evaluations/"+evaluation+":run", []byte(`{}`), nil)
		if started.status != http.StatusAccepted {
			t.Fatalf("%d %s", started.status, started.body)
		}
		return strings.TrimPrefix(started.header.Get("Location"), "/v1/evaluation-runs/")
	}
	first := try()
	before := awaitVerdicts(t, c, first)
	if before.Passed != 1 {
		t.Fatalf("the first version: %+v", before)
	}
	changed := ask(t, c, http.MethodPut, "/v1/workflows/"+workflow, []byte(strings.Replace(haiku, "a haiku", "a limerick", 1)), nil)
	published := ask(t, c, http.MethodPost, "/v1/workflows/"+workflow+":publish", []byte(`{}`), nil)
	if changed.status != http.StatusOK || published.status != http.StatusCreated {
		t.Fatalf("%d %s, %d %s", changed.status, changed.body, published.status, published.body)
	}
	second := try()
	if after := awaitVerdicts(t, c, second); after.Failed != 1 || !strings.Contains(after.Results[0].Reason, "false") {
		t.Errorf("the second version: %+v", after)
	}
	comparison := ask(t, c, http.MethodGet, "/v1/evaluation-runs/"+second+"/comparison?with="+first, nil, nil)
	if !strings.Contains(comparison.body, `"base_status":"passed","status":"failed"`) {
		t.Errorf("the comparison: %d %s", comparison.status, comparison.body)
	}
	replays(t, c, before.Results[0].RunID)
}

// replays tries a run on its own version and on the one after it.
func replays(t *testing.T, c *api.Client, run string) {
	t.Helper()
	for body, want := range map[string]string{
		`{"version": 1}`:                       `"outputs":"same","counts":{"same":1,"different":0,"new":0,"missing":0}`,
		`{}`:                                   `"outputs":"missing","counts":{"same":0,"different":1,"new":0,"missing":0}`,
		`{"version": 2, "live_missing": true}`: `"outputs":"different","patch":[{`,
	} {
		started := ask(t, c, http.MethodPost, "/v1/runs/"+run+":replay", []byte(body), nil)
		var replay struct {
			ID       string `json:"id"`
			ReplayOf string `json:"replay_of"`
		}
		if err := json.Unmarshal([]byte(started.body), &replay); err != nil || started.status != http.StatusAccepted || replay.ReplayOf != run {
			t.Fatalf("%s: %d %s", body, started.status, started.body)
		}
		follow(t, c, replay.ID, nil)
		if got := ask(t, c, http.MethodGet, "/v1/runs/"+replay.ID+"/comparison", nil, nil); !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
}
