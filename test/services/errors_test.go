//go:build live

package services_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/devstack/api"
	"github.com/agentteam/agentteam/internal/id"
)

// TestErrorsAreProblems sends what must not succeed, to both services.
func TestErrorsAreProblems(t *testing.T) {
	c := newClient(t)
	workflow := publish(t, c, `{"schema": "agentteam/v1", "name": "Need a topic",
		"inputs": {"type": "object", "properties": {"topic": {"type": "string"}}, "required": ["topic"]},
		"nodes": [{"id": "t", "type": "transform", "config": {"value": "${{ inputs.topic }}"}}], "edges": []}`)
	draft := ask(t, c, http.MethodPost, "/v1/workflows", []byte(`{"schema": "agentteam/v1", "name": "Broken", "inputs": {"type": "object"},
		"nodes": [{"id": "a", "type": "magic", "config": {}}], "edges": [{"from": "a", "to": "b"}]}`), nil)
	broken := strings.TrimPrefix(draft.header.Get("Location"), "/v1/workflows/")
	if draft.status != http.StatusCreated || !strings.Contains(draft.body, "unknown_type") {
		t.Fatalf("a draft with problems: %d %s", draft.status, draft.body)
	}
	body := func(format string, arguments ...any) []byte { return fmt.Appendf(nil, format, arguments...) }
	nobody := &api.Client{Key: "atk_nobody"}
	for _, test := range []struct {
		name         string
		client       *api.Client
		method, path string
		body         []byte
		status       int
		mention      string
	}{
		{"no key", nil, http.MethodGet, "/v1/runs", nil, 401, ""},
		{"no such key", nobody, http.MethodGet, "/v1/runs", nil, 401, ""},
		{"no such path", c, http.MethodGet, "/v1/nothing", nil, 404, ""},
		{"no such method", c, http.MethodDelete, "/v1/runs", nil, 405, ""},
		{"no such run", c, http.MethodGet, "/v1/runs/" + id.New(id.Run), nil, 404, "not found"},
		{"no id", c, http.MethodGet, "/v1/runs/run_1", nil, 404, "not found"},
		{"no JSON", c, http.MethodPost, "/v1/runs", []byte(`{`), 400, ""},
		{"inputs that do not fit", c, http.MethodPost, "/v1/runs", body(`{"workflow": %q, "inputs": {}}`, workflow), 422, `"pointer":"/inputs","message":"topic is missing"`},
		{"a version that is not there", c, http.MethodPost, "/v1/runs", body(`{"workflow": %q, "version": 9, "inputs": {"topic": "x"}}`, workflow), 404, "9"},
		{"a workflow that is not published", c, http.MethodPost, "/v1/runs", body(`{"workflow": %q, "inputs": {}}`, broken), 409, "publish"},
		{"publishing what has problems", c, http.MethodPost, "/v1/workflows/" + broken + ":publish", []byte(`{}`), 422, "magic"},
		{"a page token of another list", c, http.MethodGet, "/v1/runs?page_token=x", nil, 422, "token"},
		{"an event that is not there", c, http.MethodGet, "/v1/runs/" + start(t, c, workflow, `{"topic": "x"}`) + "/events?after=99999", nil, 422, "99999"},
		{"a usage of two years", c, http.MethodGet, "/v1/usage?from=2024-01-01&to=2026-01-01", nil, 422, "366"},
	} {
		got := ask(t, test.client, test.method, test.path, test.body, nil)
		if got.status != test.status || got.code() == "" || !strings.Contains(got.body, test.mention) {
			t.Errorf("%s: want %d, a problem that mentions %q, got %d %s", test.name, test.status, test.mention, got.status, got.body)
		}
	}
}
