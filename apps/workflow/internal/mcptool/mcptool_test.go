package mcptool_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/apps/workflow/internal/mcptool"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/mcptest"
	"github.com/agentteam/agentteam/internal/sealing"
	"github.com/agentteam/agentteam/internal/servicetest"
)

const secret = "hunter2-hunter2"

// world is a connector in a workspace, with one registered server that wants a credential.
type world struct {
	connector  *mcptool.Connector
	tables     *store.Store
	workspace  string
	stranger   string
	credential string
	registered store.MCPServer
}

func newWorld(t *testing.T, server *mcptest.Server) *world {
	t.Helper()
	pool := databasetest.Open(t)
	sealer, err := sealing.New(servicetest.CredentialsKey())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{tables: store.New(pool), workspace: databasetest.Workspace(t, pool), stranger: databasetest.Workspace(t, pool), credential: id.New(id.Credential)}
	vault := credential.NewVault(w.tables, sealer)
	w.connector = mcptool.New(outbound.NewClient(outbound.Options{AllowHosts: []string{"127.0.0.1"}}), vault, w.tables)
	origin := strings.TrimSuffix(server.URL, "/mcp")
	sealed, err := vault.Seal(w.workspace, w.credential, secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.tables.CreateCredential(t.Context(), w.workspace, store.Credential{ID: w.credential, Name: "c", Kind: "bearer", Origins: []string{origin}, Sealed: sealed}); err != nil {
		t.Fatal(err)
	}
	w.registered = store.MCPServer{Name: "tracker", URL: server.URL, Credential: w.credential, Approval: store.ApproveNever, ToolApprovals: map[string]string{}}
	tools, failure := w.connector.Tools(t.Context(), w.workspace, w.registered)
	if failure != nil {
		t.Fatal(failure)
	}
	w.registered.Tools = tools
	if w.registered, err = w.tables.CreateMCPServer(t.Context(), w.workspace, w.registered); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestToolsAreFoundAndCalled(t *testing.T) {
	server := mcptest.Start(t)
	w := newWorld(t, server)
	var found []string
	for _, tool := range w.registered.Tools {
		found = append(found, tool.Name, map[bool]string{true: "reads"}[tool.ReadOnly], map[bool]string{true: "repeats"}[tool.Idempotent])
	}
	if want := []string{"create", "", "", "search", "reads", "repeats", "set", "", "repeats"}; !slices.Equal(found, want) {
		t.Errorf("the tools are %q, want %q", found, want)
	}
	call := node.CallID{Workspace: w.workspace, Run: "run_1"}
	result, failure := w.connector.Call(t.Context(), call, w.registered.ID, "create", json.RawMessage(`{"title": "tides"}`))
	if failure != nil || string(result) != `"create of tides, sent with Bearer [redacted]"` {
		t.Errorf("got %s, %v", result, failure)
	}
	for _, header := range server.Headers()[2:] {
		if header.Get("Authorization") != "Bearer "+secret {
			t.Errorf("a request had %v", header)
		}
	}
	if last := server.Headers()[len(server.Headers())-1]; last.Get("Agent-Team-Run") != "run_1" {
		t.Errorf("the run is not named: %v", last)
	}
	result, failure = w.connector.Call(t.Context(), call, w.registered.ID, "create", json.RawMessage(`{"title": "fail"}`))
	if failure == nil || failure.Code != node.CodeTool || !strings.Contains(string(result), "create of fail") {
		t.Errorf("a tool that fails: %s, %v", result, failure)
	}
	_, failure = w.connector.Call(t.Context(), call, w.registered.ID, "drop", json.RawMessage(`{}`))
	if failure == nil || failure.Code != node.CodeTool || !strings.Contains(failure.Message, "drop") {
		t.Errorf("a tool that is not there: %v", failure)
	}
	if _, failure = w.connector.Call(t.Context(), node.CallID{Workspace: w.stranger}, w.registered.ID, "create", json.RawMessage(`{}`)); failure == nil || failure.Code != node.CodeUnavailable {
		t.Errorf("another workspace's server: %v", failure)
	}
	if want := []string{"create tides", "create fail"}; !slices.Equal(server.Calls(), want) {
		t.Errorf("the server was called %q, want %q", server.Calls(), want)
	}
}

func TestServersThatCannotBeUsed(t *testing.T) {
	w := newWorld(t, mcptest.Start(t))
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the secret was sent to another origin")
		}
	}))
	defer thief.Close()
	moved := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer moved.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }))
	defer plain.Close()
	for name, test := range map[string]struct {
		url, credential, code string
	}{
		"no server":            {"http://127.0.0.1:1/mcp", "", node.CodeConnection},
		"a web page":           {plain.URL, "", node.CodeConnection},
		"a private address":    {"http://10.0.0.1/mcp", "", node.CodeRefusedAddress},
		"another origin":       {thief.URL, w.credential, node.CodeCredential},
		"no such credential":   {thief.URL, id.New(id.Credential), node.CodeCredential},
		"a redirect elsewhere": {moved.URL, w.credential, node.CodeCredential},
	} {
		_, failure := w.connector.Tools(t.Context(), w.workspace, store.MCPServer{Name: "x", URL: test.url, Credential: test.credential})
		if failure == nil || failure.Code != test.code || strings.Contains(failure.Message, "hunter2") {
			t.Errorf("%s: %v, want %s", name, failure, test.code)
		}
	}
}

// inner is a program that tells its config as its output, and makes the calls that it is given.
type inner struct{ calls []node.Call }

func (p inner) Next(config json.RawMessage, results []node.CallResult) node.Move {
	if len(results) < len(p.calls) {
		return node.Move{Calls: slices.Clone(p.calls)}
	}
	return node.Move{Output: config}
}

func TestAStepKeepsTheToolsThatItBeganWith(t *testing.T) {
	server := mcptest.Start(t)
	w := newWorld(t, server)
	toolCall := func(name string, idempotent bool) node.Call {
		request, err := json.Marshal(map[string]any{"agent_tool": map[string]any{"tool": mcptool.Tool{Type: "mcp", Name: name, Idempotent: idempotent}}})
		if err != nil {
			t.Fatal(err)
		}
		return node.Call{Number: 1, Kind: node.ToolCall, Idempotent: true, Request: request}
	}
	program := mcptool.Wrap(inner{[]node.Call{toolCall("once", false)}})
	config := json.RawMessage(`{"tools": [{"type": "function", "name": "f"}, {"type": "mcp", "name": "t", "server": "` + w.registered.ID + `", "tools": ["search", "create"]}]}`)
	first := program.Next(config, nil)
	if len(first.Calls) != 1 || !first.Calls[0].Idempotent || first.Calls[0].Number != 1 {
		t.Fatalf("first it wants %+v", first)
	}
	var envelope mcptool.Envelope
	if err := json.Unmarshal(first.Calls[0].Request, &envelope); err != nil {
		t.Fatal(err)
	}
	offer, failure := w.connector.Offer(t.Context(), w.workspace, *envelope.MCPTools)
	if failure != nil {
		t.Fatal(failure)
	}
	known := []node.CallResult{{Number: 1, Response: offer}}
	second := program.Next(config, known)
	if len(second.Calls) != 1 || second.Calls[0].Number != 2 || second.Calls[0].Idempotent || second.Calls[0].Timeout == 0 {
		t.Fatalf("then it wants %+v", second)
	}
	last := program.Next(config, append(known, node.CallResult{Number: 2}))
	var expanded struct{ Tools []mcptool.Tool }
	if err := json.Unmarshal(last.Output, &expanded); err != nil || len(expanded.Tools) != 3 || expanded.Tools[1].Name != "t_search" ||
		expanded.Tools[2].Tool != "create" || expanded.Tools[2].Server != w.registered.ID {
		t.Errorf("the agent got %s, %v", last.Output, err)
	}
	envelope.MCPTools.Tools = []string{"drop"}
	if _, failure := w.connector.Offer(t.Context(), w.workspace, *envelope.MCPTools); failure == nil || !strings.Contains(failure.Message, "no tool drop") {
		t.Errorf("a tool that is not there: %v", failure)
	}
	if _, failure := w.connector.Offer(t.Context(), w.stranger, *envelope.MCPTools); failure == nil || !strings.Contains(failure.Message, "not found") {
		t.Errorf("another workspace's server: %v", failure)
	}
}
