//go:build live

package services_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/devstack/api"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/mcptest"
)

// operation is one of the OpenAPI document, as far as this test reads it.
type operation struct {
	ID          string `json:"operationId"`
	RequestBody struct {
		Content map[string]struct {
			Example json.RawMessage `json:"example"`
		} `json:"content"`
	} `json:"requestBody"`
}

// operations reads every operation that needs a key from the served document, by method and path.
func operations(t *testing.T) map[[2]string]operation {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal([]byte(ask(t, nil, http.MethodGet, "/openapi.json", nil, nil).body), &document); err != nil {
		t.Fatal(err)
	}
	found := map[[2]string]operation{}
	for path, methods := range document.Paths {
		for method, text := range methods {
			var o operation
			if strings.HasPrefix(path, "/v1/") && json.Unmarshal(text, &o) == nil && o.ID != "" {
				found[[2]string{strings.ToUpper(method), path}] = o
			}
		}
	}
	if len(found) < 40 {
		t.Fatalf("the document has only %d operations", len(found))
	}
	return found
}

// remembered is what the owner's memory and document are called.
const remembered = "owners-notes"

// belongings are ids of a workspace's things, by the path that they stand in.
type belongings map[string]string

// furnish fills the client's workspace with one of everything.
func furnish(t *testing.T, c *api.Client) belongings {
	t.Helper()
	workflow := publish(t, c, report)
	agent := hire(t, c, `{"name": "Secret writer", "provider": "openai", "model": "gpt-5-mini"}`)
	run := start(t, c, workflow, reportInputs())
	follow(t, c, run, approve(t, c))
	var approvals struct{ Items []api.Approval }
	var keys, workspaces struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	credential := keep(t, c, "Secret", "https://api.example.com", "hunter2-hunter2")
	steps, err := c.Steps(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for path, into := range map[string]any{"/v1/approvals?run_id=" + run: &approvals, "/v1/api-keys": &keys, "/v1/workspaces": &workspaces} {
		if err := c.Get(t.Context(), path, into); err != nil {
			t.Fatal(err)
		}
	}
	for path, body := range map[string]any{"/v1/memory/" + remembered + "/k": map[string]any{"value": "Secret"}, "/v1/documents/" + remembered: map[string]any{"text": "Secret plan"}} {
		if err := c.Put(t.Context(), path, body, nil); err != nil {
			t.Fatal(err)
		}
	}
	var thread, evaluation, trial struct {
		ID string `json:"id"`
	}
	if err := c.Post(t.Context(), "/v1/threads", map[string]any{"title": "Secret"}, &thread); err != nil {
		t.Fatal(err)
	}
	cases := map[string]any{"workflow": workflow, "name": "Secret", "cases": json.RawMessage(`[{"name": "Secret", "expect": {"type": "exact", "value": 1}}]`)}
	if err := c.Post(t.Context(), "/v1/evaluations", cases, &evaluation); err != nil {
		t.Fatal(err)
	}
	if err := c.Post(t.Context(), "/v1/evaluations/"+evaluation.ID+":run", struct{}{}, &trial); err != nil {
		t.Fatal(err)
	}
	awaitVerdicts(t, c, trial.ID)
	triggers := triggersOf(t, c, workflow)
	maps.Copy(triggers, belongings{
		"/v1/workflows/{id}": workflow, "/v1/agents/{id}": agent, "/v1/runs/{id}": run, "/v1/approvals/{id}": approvals.Items[0].ID, "/v1/artifacts/{id}": steps[1].OutputArtifact,
		"/v1/credentials/{id}": credential, "/v1/mcp-servers/{id}": register(t, c, mcptest.Start(t).URL, "never"),
		"/v1/threads/{id}": thread.ID, "/v1/memory/{namespace}": remembered, "/v1/documents/{name}": remembered,
		"/v1/evaluations/{id}": evaluation.ID, "/v1/evaluation-runs/{id}": trial.ID,
		"/v1/api-keys/{id}": keys.Items[0].ID, "/v1/workspaces/{workspace}": workspaces.Items[0].ID,
	})
	return triggers
}

// with puts the ids into a path; a path with a thing that is not in the list fails the test.
func (b belongings) with(t *testing.T, path string) string {
	t.Helper()
	for pattern, name := range b {
		if rest, found := strings.CutPrefix(path, pattern); found {
			prefix, _, _ := strings.Cut(pattern, "{")
			path = prefix + name + strings.NewReplacer("{version}", "1", "{delivery}", "dlv_1", "{key}", "k", "{user}", "8b5e2d9c-3f0a-4b77-9d1e-2a6c5f0e1b34").Replace(rest)
		}
	}
	if strings.Contains(path, "{") {
		t.Errorf("there is no id for %s: what becomes of another workspace's?", path)
	}
	return path
}

// nobodys are ids that no workspace has.
func nobodys() belongings {
	return belongings{
		"/v1/workflows/{id}": id.New(id.Workflow), "/v1/agents/{id}": id.New(id.Agent), "/v1/runs/{id}": id.New(id.Run), "/v1/approvals/{id}": id.New(id.Approval), "/v1/artifacts/{id}": id.New(id.Artifact),
		"/v1/credentials/{id}": id.New(id.Credential), "/v1/mcp-servers/{id}": id.New(id.MCPServer),
		"/v1/schedules/{id}": id.New(id.Schedule), "/v1/webhooks/{id}": id.New(id.Webhook), "/v1/webhook-endpoints/{id}": id.New(id.Endpoint),
		"/v1/threads/{id}": id.New(id.Thread), "/v1/memory/{namespace}": id.New("none"), "/v1/documents/{name}": id.New("none"),
		"/v1/evaluations/{id}": id.New(id.Evaluation), "/v1/evaluation-runs/{id}": id.New(id.EvaluationRun),
		"/v1/api-keys/{id}": id.New(id.Key), "/v1/workspaces/{workspace}": id.New(id.Workspace),
	}
}

// TestAnotherWorkspacesThingsAreNotThere asks every operation of the API for the things of another workspace.
func TestAnotherWorkspacesThingsAreNotThere(t *testing.T) {
	owner, stranger := newClient(t), newClient(t)
	things, nothing := furnish(t, owner), nobodys()
	before := state(t, owner, things)
	for at, o := range operations(t) {
		method, path := at[0], at[1]
		asked, absent := things, nothing
		puts := strings.HasPrefix(o.ID, "put-") && o.ID != "put-member" // makes what is not there, in the stranger's own workspace
		if puts {
			asked, absent = nobodys(), nobodys()
		}
		got, sent := o.try(t, stranger, method, path, asked)
		missing, _ := o.try(t, stranger, method, path, absent)
		named := (strings.Contains(path, "{") || o.namesWorkflow() || o.ID == "create-evaluation") && !puts && o.ID != "list-memory"
		// A key is of one workspace, and is told so whichever other workspace it names.
		refused := got.status == http.StatusNotFound || got.status == http.StatusForbidden && strings.HasPrefix(path, "/v1/workspaces/")
		if named && !refused || got.status != missing.status || got.code() != missing.code() || got.status >= http.StatusInternalServerError {
			t.Errorf("%s %s as a stranger: %d %s; for what nobody has: %d %s", method, path, got.status, got.body, missing.status, missing.body)
		}
		for _, thing := range things {
			if strings.Contains(got.body, thing) && !strings.Contains(sent, thing) || strings.Contains(got.body, "Secret") {
				t.Errorf("%s %s tells a stranger: %s", method, path, got.body)
			}
		}
	}
	if after := state(t, owner, things); after != before {
		t.Errorf("a stranger changed\n%s\ninto\n%s", before, after)
	}
}

// namesWorkflow says whether the operation's body names the workflow that runs are to be started of.
func (o operation) namesWorkflow() bool {
	return slices.Contains([]string{"start-run", "create-schedule", "update-schedule", "create-webhook"}, o.ID)
}

// try asks the operation for these things, with the body that the document gives as its example. Sent is what was asked.
func (o operation) try(t *testing.T, c *api.Client, method, path string, things belongings) (got answer, sent string) {
	t.Helper()
	var body []byte
	if media, has := o.RequestBody.Content["application/json"]; has {
		body = media.Example
	}
	if o.namesWorkflow() {
		body = []byte(strings.ReplaceAll(string(body), "wfl_01jcz3x8v9k2m4n6p8q0r2s4t6", things["/v1/workflows/{id}"]))
	}
	if o.ID == "create-evaluation" {
		body = []byte(`{"workflow": "` + things["/v1/workflows/{id}"] + `", "name": "Mine", "cases": [{"name": "a", "expect": {"type": "exact", "value": 1}}]}`)
	}
	path = things.with(t, path)
	if o.ID == "compare-evaluation-runs" {
		path += "?with=" + things["/v1/evaluation-runs/{id}"]
	}
	return ask(t, c, method, path, body, nil), path + string(body)
}

// state is what the owner sees of the things.
func state(t *testing.T, c *api.Client, things belongings) string {
	t.Helper()
	var parts []string
	for pattern, name := range things {
		prefix, _, _ := strings.Cut(pattern, "{")
		got := ask(t, c, http.MethodGet, prefix+name, nil, nil)
		if got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", pattern, got.status, got.body)
		}
		if !strings.Contains(pattern, "api-keys") { // which know when they were used last
			parts = append(parts, pattern+" "+got.body)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}
