//go:build live

package services_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

const greet = `{"schema": "agentteam/v1", "name": "Greet", "inputs": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
	"outputs": {"greeting": "Hello ${{ inputs.name }}"}, "nodes": [{"id": "a", "type": "transform", "config": {"value": 1}}], "edges": []}`

// create posts and gives what was made.
func create(t *testing.T, c *api.Client, path string, body any) (made struct{ ID, Path, Secret string }) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	got := ask(t, c, http.MethodPost, path, text, nil)
	if got.status != http.StatusCreated {
		t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
	if err := json.Unmarshal([]byte(got.body), &made); err != nil {
		t.Fatal(err)
	}
	return made
}

// triggersOf makes one of each that starts runs or tells of them, with nothing to do for now.
func triggersOf(t *testing.T, c *api.Client, workflow string) belongings {
	t.Helper()
	inputs := map[string]string{"topic": "Secret", "text": "x"}
	return belongings{
		"/v1/schedules/{id}":         create(t, c, "/v1/schedules", map[string]any{"name": "Secret yearly", "workflow": workflow, "cron": "@yearly", "inputs": inputs}).ID,
		"/v1/webhooks/{id}":          create(t, c, "/v1/webhooks", map[string]any{"name": "Secret", "form": "github", "workflow": workflow, "inputs": inputs}).ID,
		"/v1/webhook-endpoints/{id}": create(t, c, "/v1/webhook-endpoints", map[string]any{"url": "https://example.com/Secret", "event_types": []string{"run.failed"}}).ID,
	}
}

// TestTriggersEndToEnd lets a delivery and a schedule start runs, of which an endpoint is told.
func TestTriggersEndToEnd(t *testing.T) {
	c := newClient(t)
	messages := make(chan *http.Request, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		kept := r.Clone(t.Context())
		kept.Form = map[string][]string{"body": {string(body)}}
		messages <- kept
	}))
	t.Cleanup(server.Close)
	workflow := publish(t, c, greet)
	endpoint := create(t, c, "/v1/webhook-endpoints", map[string]any{"url": server.URL, "event_types": []string{"run.completed"}})
	hook := create(t, c, "/v1/webhooks", map[string]any{"name": "Pushes", "form": "github", "workflow": workflow, "inputs": map[string]string{"name": "${{ body.pusher }}"}})
	if run := push(t, hook.Path, hook.Secret, `{"pusher": "Ada"}`); greeting(t, c, run) != "Hello Ada" {
		t.Errorf("the greeting of %s is %q", run, greeting(t, c, run))
	}
	schedule := create(t, c, "/v1/schedules", map[string]any{"name": "Yearly", "workflow": workflow, "cron": "@yearly", "time_zone": "Pacific/Auckland",
		"inputs": map[string]string{"name": "${{ local_time.substring(19) }}"}})
	var tick struct {
		Outcome string
		RunID   string `json:"run_id"`
	}
	got := ask(t, c, http.MethodPost, "/v1/schedules/"+schedule.ID+":trigger", nil, nil)
	if err := json.Unmarshal([]byte(got.body), &tick); err != nil || got.status != http.StatusAccepted || tick.Outcome != "started" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if words := greeting(t, c, tick.RunID); words != "Hello +13:00" && words != "Hello +12:00" {
		t.Errorf("the greeting is %q", words)
	}
	webhook, err := standardwebhooks.NewWebhook(endpoint.Secret)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case m := <-messages:
			if err := webhook.Verify([]byte(m.Form["body"][0]), m.Header); err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Fatal("the endpoint was not told")
		}
	}
}

// push sends as GitHub does, and gives the run.
func push(t *testing.T, path, secret, body string) string {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	got := ask(t, nil, http.MethodPost, path, []byte(body), http.Header{
		"X-Github-Delivery": {strconv.FormatInt(time.Now().UnixNano(), 10)}, "X-Github-Event": {"push"}, "X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
	})
	var answer struct {
		RunID string `json:"run_id"`
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != http.StatusAccepted {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return answer.RunID
}

// greeting is a run's output, once it has completed.
func greeting(t *testing.T, c *api.Client, run string) string {
	t.Helper()
	follow(t, c, run, nil)
	found, err := c.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	var outputs struct{ Greeting string }
	if err := json.Unmarshal(found.Outputs, &outputs); err != nil {
		t.Fatalf("%v in %s", err, found.Outputs)
	}
	return outputs.Greeting
}
