//go:build live

package services_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/modelsim"
)

const (
	wrongDocument = `{"schema": "agentteam/v1", "name": "Greet", "nodes": [{"id": "a", "type": "levitate", "config": {}}]}`
	rightDocument = `{"schema": "agentteam/v1", "name": "Greet", "inputs": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
		"outputs": {"greeting": "${{ nodes.greet.output }}"}, "nodes": [{"id": "greet", "type": "template", "config": {"template": "Hello ${{ inputs.name }}"}}], "edges": []}`
)

// writing is what the models of these tests write: a wrong document, a right one when they are told, and another when they are to change it.
func writing() modelsim.Script {
	rule := func(user, document string) modelsim.Rule {
		return modelsim.Rule{Match: modelsim.Match{User: user}, Reply: modelsim.Reply{Text: `{"document": ` + document + `, "unsupported": ["Levitation"]}`}}
	}
	return modelsim.Script{Rules: []modelsim.Rule{
		rule("The document cannot be used", rightDocument),
		rule("Greet and levitate", wrongDocument),
		rule("Be informal", strings.Replace(rightDocument, "Hello", "Hi", 1)),
	}}
}

// frames are the events of an answer, without the deltas, and the data of the last one.
func frames(t *testing.T, body string) (kinds string, last map[string]json.RawMessage) {
	t.Helper()
	var names []string
	for frame := range strings.SplitSeq(strings.TrimSpace(body), "\n\n") {
		kind, data, found := strings.Cut(strings.TrimPrefix(frame, "event: "), "\ndata: ")
		if !found || kind == "delta" {
			continue
		}
		names, last = append(names, kind), nil
		if err := json.Unmarshal([]byte(data), &last); err != nil {
			t.Fatal(frame)
		}
	}
	return strings.Join(names, " "), last
}

func TestAWorkflowFromWordsToItsOutputs(t *testing.T) {
	c := newClient(t)
	made := ask(t, c, http.MethodPost, "/v1/workflows:generate", []byte(`{"description": "Greet and levitate", "provider": "anthropic", "model": "claude-haiku-4-5", "budget": {"usd": 5}}`), nil)
	kinds, done := frames(t, made.body)
	if made.status != http.StatusOK || kinds != "attempt.started draft problems attempt.started draft repaired done" || string(done["unsupported"]) != `["Levitation"]` {
		t.Fatalf("%d %s\n%s", made.status, kinds, made.body)
	}
	var workflow string
	if err := json.Unmarshal(done["workflow_id"], &workflow); err != nil {
		t.Fatal(err)
	}
	path := "/v1/workflows/" + workflow
	change := []byte(`{"instruction": "Be informal", "provider": "openai", "model": "gpt-5-mini"}`)
	refined := ask(t, c, http.MethodPost, path+":refine", change, http.Header{"If-Match": {`"2"`}})
	kinds, done = frames(t, refined.body)
	if kinds != "attempt.started draft done" || string(done["patch"]) != `[{"value":"Hi ${{ inputs.name }}","op":"replace","path":"/nodes/0/config/template"}]` {
		t.Fatalf("%d %s\n%s", refined.status, kinds, refined.body)
	}
	if late := ask(t, c, http.MethodPost, path+":refine", change, http.Header{"If-Match": {`"2"`}}); late.status != http.StatusPreconditionFailed {
		t.Errorf("a draft that was changed: %d %s", late.status, late.body)
	}
	if published := ask(t, c, http.MethodPost, path+":publish", []byte(`{}`), nil); published.status != http.StatusCreated {
		t.Fatalf("publish: %d %s", published.status, published.body)
	}
	run := start(t, c, workflow, `{"name": "Ada"}`)
	follow(t, c, run, nil)
	if got, err := c.Run(t.Context(), run); err != nil || string(got.Outputs) != `{"greeting":"Hi Ada"}` {
		t.Errorf("the outputs are %s, %v", got.Outputs, err)
	}
	if usage := ask(t, c, http.MethodGet, "/v1/usage", nil, nil); !strings.Contains(usage.body, "claude-haiku-4-5") || !strings.Contains(usage.body, "gpt-5-mini") {
		t.Errorf("usage: %s", usage.body)
	}
}
