package httpapi_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentteam/agentteam/internal/identity"
)

// connect is the official client at the gateway's endpoint, with the key of a role.
func (w *world) connect(t *testing.T, role identity.Role, heard func(*mcp.ProgressNotificationParams)) *mcp.ClientSession {
	t.Helper()
	options := &mcp.ClientOptions{ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) { heard(r.Params) }}
	if heard == nil {
		options = nil
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, options)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: w.url + "/mcp", HTTPClient: &http.Client{Transport: bearer(w.keys[role])}, DisableStandaloneSSE: true,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

// bearer adds a key to each request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// use calls a tool and gives the text of its result.
func use(t *testing.T, session *mcp.ClientSession, name, arguments string) (text string, failed bool) {
	t.Helper()
	params := &mcp.CallToolParams{Name: name, Arguments: json.RawMessage(arguments)}
	params.SetProgressToken("p")
	result, err := session.CallTool(t.Context(), params)
	if err != nil {
		t.Fatalf("%s %s: %v", name, arguments, err)
	}
	return result.Content[0].(*mcp.TextContent).Text, result.IsError
}

func TestToolsSayWhatTheyDo(t *testing.T) {
	w := newWorld(t)
	session := w.connect(t, identity.Viewer, nil)
	listed, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, tool := range listed.Tools {
		schemas, err := json.Marshal([]any{tool.InputSchema, tool.OutputSchema})
		if err != nil || strings.Contains(string(schemas), "$ref") || strings.Contains(string(schemas), `"digest"`) || tool.OutputSchema == nil {
			t.Errorf("%s: %v, %s", tool.Name, err, schemas)
		}
		hints, err := json.Marshal(tool.Annotations)
		if err != nil || tool.Title == "" || len(tool.Description) < 40 {
			t.Errorf("%s %q: %q, %v", tool.Name, tool.Title, tool.Description, err)
		}
		got[tool.Name] = string(hints)
	}
	reads := `"idempotentHint":true,"openWorldHint":false,"readOnlyHint":true`
	for name, hints := range map[string]string{
		"list_workflows": reads, "get_workflow": reads, "get_run": reads, "list_runs": reads, "get_run_events": reads,
		"start_run": `"destructiveHint":true,"idempotentHint":false,"openWorldHint":true,"readOnlyHint":false`, "cancel_run": `"destructiveHint":true,"idempotentHint":true`,
	} {
		if !strings.Contains(got[name], hints) {
			t.Errorf("%s has the hints %s, want %s", name, got[name], hints)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("a tool that nobody expects: %v", got)
	}
}

const (
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	ping       = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	streams    = "Accept: application/json, text/event-stream"
)

func TestWhatIsNotLetInToTheTools(t *testing.T) {
	w := newWorld(t)
	if got := w.ask(t, "POST", "/mcp", initialize, streams, "Content-Type: application/json"); got.status != http.StatusOK || got.header.Get("Mcp-Session-Id") != "" ||
		!strings.Contains(got.body, `"name":"agent-team"`) || !strings.Contains(got.body, "pending_approvals") {
		t.Errorf("%+v", got)
	}
	for name, c := range map[string]struct {
		method, body, header string
		status               int
		code                 string
	}{
		"no key":                {"POST", ping, "Authorization: ", 401, "unauthenticated"},
		"a key that is unknown": {"POST", ping, "Authorization: Bearer atk_" + strings.Repeat("A", 43), 401, "unauthenticated"},
		"another workspace":     {"POST", ping, "X-Workspace-Id: wsp_00000000000000000000000000", 403, "permission_denied"},
		"a web page":            {"POST", ping, "Origin: https://evil.example", 403, "permission_denied"},
		"a page at this host":   {"POST", ping, "Origin: " + w.url, 403, "permission_denied"},
		"a batch":               {"POST", " [" + ping + "]", "", 400, "bad_request"},
		"too much":              {"POST", `"` + strings.Repeat("x", 1<<20) + `"`, "", 413, "too_large"},
		"a form":                {"POST", "a=b", "Content-Type: application/x-www-form-urlencoded", 415, "unsupported_media_type"},
		"a stream of its own":   {"GET", "", "", 405, "method_not_allowed"},
		"the end of a session":  {"DELETE", "", "Mcp-Session-Id: 1", 405, "method_not_allowed"},
	} {
		got := w.ask(t, c.method, "/mcp", c.body, streams, "Content-Type: application/json", cmp.Or(c.header, "X-None: 1"))
		wellFormed(t, name, got, c.status, c.code)
		if (c.status == http.StatusUnauthorized) != strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: the challenge is %q", name, got.header.Get("WWW-Authenticate"))
		}
		if c.status == http.StatusMethodNotAllowed && got.header.Get("Allow") != "POST" {
			t.Errorf("%s: allowed is %q", name, got.header.Get("Allow"))
		}
	}
}

// FuzzMessages sends any message: no panic, which would end the process, and no 5xx.
func FuzzMessages(f *testing.F) {
	w := worldWith(f, settings{out: io.Discard, level: slog.LevelError, perCaller: 100_000})
	for _, seed := range []string{
		initialize, ping, "", "null", "{}", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, `{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_run","arguments":{"run":"run_1"}}}`,
		`{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"start_run","arguments":{"workflow":"wfl_1","version":1e99,"inputs":{"a":[]}}}}`,
		`{"jsonrpc":"2.0","id":1.5,"method":"tools/call","params":{"name":"list_runs","arguments":[1]}}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`,
		`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`,
		`{"jsonrpc":"2.0","id":1,"result":{}}`, strings.Repeat(`{"a":`, 2000), `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` + strings.Repeat("[", 900),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/mcp", bytes.NewReader([]byte(body)))
		for name, value := range map[string]string{
			"Authorization": "Bearer " + w.keys[identity.Viewer], "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		} {
			r.Header.Set(name, value)
		}
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, r)
		if answer.Code >= http.StatusInternalServerError {
			t.Errorf("%q: %d %s", body, answer.Code, answer.Body)
		}
	})
}
