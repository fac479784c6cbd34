//go:build live

package services_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentteam/agentteam/internal/devstack/api"
	"github.com/agentteam/agentteam/internal/modelsim"
)

// connect is an agent elsewhere, with the official client of the Model Context Protocol.
func connect(t *testing.T, c *api.Client) *mcp.ClientSession {
	t.Helper()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "elsewhere", Version: "1"}, nil).Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: stack.Gateway + "/mcp", HTTPClient: &http.Client{Transport: withKey(c.Key)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

// withKey adds a key to each request.
type withKey string

func (k withKey) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(k))
	return http.DefaultTransport.RoundTrip(r)
}

// use calls a tool, reads its result, and gives its text where it failed.
func use(t *testing.T, session *mcp.ClientSession, tool string, arguments, into any) (failure string) {
	t.Helper()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	text := result.Content[0].(*mcp.TextContent).Text
	if result.IsError {
		return text
	}
	if strings.Contains(text, `"digest"`) && tool != "get_run_events" {
		t.Errorf("%s tells what a decision needs: %s", tool, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v in %s", tool, err, text)
	}
	return ""
}

// runState is what get_run and start_run give.
type runState struct {
	ID, Status string
	Outputs    map[string]any
	Pending    []struct{ ID, Title string } `json:"pending_approvals"`
}

func TestAnAgentElsewhereRunsAWorkflow(t *testing.T) {
	c := newClient(t)
	id, session := publish(t, c, report), connect(t, c)
	var workflows struct{ Items []struct{ ID, Name string } }
	if failure := use(t, session, "list_workflows", nil, &workflows); failure != "" || len(workflows.Items) != 1 || workflows.Items[0].ID != id {
		t.Fatalf("%+v %s", workflows, failure)
	}
	var described struct {
		Version int
		Inputs  struct{ Required []string }
	}
	failure := use(t, session, "get_workflow", map[string]any{"workflow": id}, &described)
	if failure != "" || described.Version != 1 || !slices.Equal(described.Inputs.Required, []string{"topic", "text"}) {
		t.Fatalf("%+v %s", described, failure)
	}
	if failure := use(t, session, "start_run", map[string]any{"workflow": id, "inputs": map[string]any{"topic": "tides"}}, nil); !strings.Contains(failure, "- /inputs: text is missing") {
		t.Errorf("inputs that do not fit: %s", failure)
	}
	asked := map[string]any{"workflow": id, "inputs": map[string]any{"topic": "tides", "text": "x"}, "wait_seconds": 25, "idempotency_key": "once", "budget": map[string]any{"usd": 1}}
	var started, again, ended runState
	if failure := use(t, session, "start_run", asked, &started); failure != "" || started.Status != "paused" || len(started.Pending) != 1 || started.Pending[0].Title != "Send it?" {
		t.Fatalf("%+v %s", started, failure)
	}
	if failure := use(t, session, "start_run", asked, &again); failure != "" || again.ID != started.ID {
		t.Errorf("the same call again: %+v %s", again, failure)
	}
	decide(t, c, started.Pending[0].ID)
	for until := time.Now().Add(patience); ended.Status != "completed" && time.Now().Before(until); {
		if failure := use(t, session, "get_run", map[string]any{"run": started.ID, "wait_seconds": 25}, &ended); failure != "" {
			t.Fatal(failure)
		}
	}
	if ended.Status != "completed" || ended.Outputs["decision"] != "approved" {
		t.Errorf("%+v", ended)
	}
	readBack(t, session, started.ID)
}

// decide does what no tool does.
func decide(t *testing.T, c *api.Client, id string) {
	t.Helper()
	approval, err := c.Approval(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Decide(t.Context(), id, approval.Digest, true); err != nil {
		t.Fatal(err)
	}
}

// readBack reads the only run's events page by page.
func readBack(t *testing.T, session *mcp.ClientSession, run string) {
	t.Helper()
	var runs struct{ Items []runState }
	if failure := use(t, session, "list_runs", map[string]any{"status": []string{"completed"}}, &runs); failure != "" || len(runs.Items) != 1 || runs.Items[0].ID != run {
		t.Errorf("%+v %s", runs, failure)
	}
	var names []string
	page := struct {
		Items []struct{ Type string }
		Next  json.Number `json:"next_after"`
		Done  bool
	}{Next: "0"}
	for !page.Done {
		page.Items = nil
		arguments := map[string]any{"run": run, "after": json.RawMessage(page.Next), "limit": 5}
		if failure := use(t, session, "get_run_events", arguments, &page); failure != "" || len(page.Items) == 0 {
			t.Fatalf("%+v %s", page, failure)
		}
		for _, e := range page.Items {
			names = append(names, e.Type)
		}
	}
	if names[0] != "run.queued" || names[len(names)-1] != "done" || !slices.Contains(names, "approval.decided") {
		t.Errorf("the events are %v", names)
	}
}

func TestAnAgentElsewhereCancelsARun(t *testing.T) {
	c := newClient(t)
	session := connect(t, c)
	run := start(t, c, publish(t, c, `{"schema": "agentteam/v1", "name": "Wait", "nodes": [{"id": "w", "type": "wait", "config": {"duration": "1h"}}], "edges": []}`), `{}`)
	var waiting, canceled, after runState
	if failure := use(t, session, "get_run", map[string]any{"run": run, "wait_seconds": 1}, &waiting); failure != "" || waiting.Status != "running" {
		t.Errorf("%+v %s", waiting, failure)
	}
	for range 2 { // the second has no effect
		if failure := use(t, session, "cancel_run", map[string]any{"run": run, "reason": "no longer needed"}, &canceled); failure != "" {
			t.Error(failure)
		}
	}
	if failure := use(t, session, "get_run", map[string]any{"run": run, "wait_seconds": 25}, &after); failure != "" || after.Status != "canceled" {
		t.Errorf("%+v %s", after, failure)
	}
}

// keyFor is a client of the same workspace, in another role.
func keyFor(t *testing.T, c *api.Client, role string) *api.Client {
	t.Helper()
	var made struct{ Secret string }
	if err := c.Post(t.Context(), "/v1/api-keys", map[string]any{"name": role, "role": role}, &made); err != nil {
		t.Fatal(err)
	}
	return api.New(stack.Gateway, made.Secret)
}

func TestToolsAreNotForEverybody(t *testing.T) {
	c := newClient(t)
	workflow := publish(t, c, report)
	run := start(t, c, workflow, `{"topic": "tides", "text": "Secret"}`)
	stranger, viewer := connect(t, newClient(t)), connect(t, keyFor(t, c, "viewer"))
	for tool, arguments := range map[string]map[string]any{
		"get_workflow": {"workflow": workflow}, "start_run": {"workflow": workflow, "inputs": map[string]any{"topic": "t", "text": "x"}},
		"get_run": {"run": run, "wait_seconds": 1}, "get_run_events": {"run": run}, "cancel_run": {"run": run},
	} {
		if failure := use(t, stranger, tool, arguments, nil); !strings.HasPrefix(failure, "not_found: ") || strings.Contains(failure, "Secret") {
			t.Errorf("%s as a stranger: %q", tool, failure)
		}
		failure := use(t, viewer, tool, arguments, &map[string]any{})
		if changes := tool == "start_run" || tool == "cancel_run"; changes != strings.HasPrefix(failure, "permission_denied: the role viewer") {
			t.Errorf("%s as a viewer: %q", tool, failure)
		}
	}
	for _, tool := range []string{"list_workflows", "list_runs"} {
		var page struct{ Items []any }
		if failure := use(t, stranger, tool, nil, &page); failure != "" || len(page.Items) != 0 {
			t.Errorf("%s as a stranger: %+v %s", tool, page, failure)
		}
	}
	for name, client := range map[string]*api.Client{"no key": nil, "no such key": {Key: "atk_nobody"}} {
		got := ask(t, client, http.MethodPost, "/mcp", []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`), nil)
		if got.status != http.StatusUnauthorized || got.code() != "unauthenticated" || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// TestAnAgentsKeyDoesNotApprove tries the way around the tools, with the key that docs/mcp.md advises.
func TestAnAgentsKeyDoesNotApprove(t *testing.T) {
	c := newClient(t)
	editor := keyFor(t, c, "editor")
	session := connect(t, editor)
	var started runState
	arguments := map[string]any{"workflow": publish(t, c, report), "inputs": map[string]any{"topic": "tides", "text": "x"}, "wait_seconds": 25}
	if failure := use(t, session, "start_run", arguments, &started); failure != "" || len(started.Pending) != 1 {
		t.Fatalf("%+v %s", started, failure)
	}
	approval, err := c.Approval(t.Context(), started.Pending[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"digest": "` + approval.Digest + `"}`)
	for name, try := range map[string]struct {
		client *api.Client
		header http.Header
	}{
		"its own key":               {editor, nil},
		"an admin's, within a run":  {c, http.Header{"Agent-Team-Run": {started.ID}}},
		"its own key, within a run": {editor, http.Header{"Agent-Team-Run": {started.ID}}},
	} {
		if got := ask(t, try.client, http.MethodPost, "/v1/approvals/"+approval.ID+":approve", body, try.header); got.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "approve", Arguments: map[string]any{"id": approval.ID}}); err == nil {
		t.Error("there is a tool that approves")
	}
	if after, err := c.Approval(t.Context(), approval.ID); err != nil || after.Status != "pending" {
		t.Errorf("%+v, %v", after, err)
	}
}

// asking is the rule by which a simulated model uses our own tools.
func asking() modelsim.Rule {
	return modelsim.Rule{
		Match: modelsim.Match{User: "Which workflows greet", ToolResults: new(0)},
		Reply: modelsim.Reply{ToolCalls: []modelsim.ToolCall{{Name: "platform_list_workflows", Arguments: json.RawMessage(`{"name": "greet"}`)}}},
	}
}

// lookAround is an agent with one of our own tools.
const lookAround = `{"schema": "agentteam/v1", "name": "Look around", "nodes": [
	{"id": "work", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Which workflows greet?", "tools": [
		{"type": "mcp", "name": "platform", "server": %q, "tools": ["list_workflows"]}]}}], "edges": []}`

func TestAnAgentOfOursUsesOurTools(t *testing.T) {
	c := newClient(t)
	greet := publish(t, c, rightDocument)
	credential := keep(t, c, "Platform", stack.Gateway, keyFor(t, c, "viewer").Key)
	var server struct{ ID string }
	if err := c.Post(t.Context(), "/v1/mcp-servers", map[string]any{"name": "platform", "url": stack.Gateway + "/mcp", "credential": credential}, &server); err != nil {
		t.Fatal(err)
	}
	run := start(t, c, publish(t, c, fmt.Sprintf(lookAround, server.ID)), `{}`)
	events := follow(t, c, run, nil)
	expectOrder(t, events, "tool.call", "tool.result", "run.completed") // and nobody is asked: the tool says that it only reads
	if !slices.ContainsFunc(events, func(e api.Event) bool {
		return e.Type == "tool.result" && strings.Contains(string(e.Data), greet)
	}) {
		t.Errorf("the agent did not find %s:\n%s", greet, texts(events))
	}
}

// TestTheReadmesToolCall runs the command of the README as it stands there.
func TestTheReadmesToolCall(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile("(?s)```sh\n(curl -s \"\\$URL/mcp\".*?)```").FindSubmatch(readme)
	if command == nil {
		t.Fatal("README.md has no command for /mcp")
	}
	c := newClient(t)
	id := publish(t, c, rightDocument)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-c", string(command[1]))
	shell.Env = append(os.Environ(), "URL="+stack.Gateway, "KEY="+c.Key)
	if out, err := shell.CombinedOutput(); err != nil || !strings.Contains(string(out), id) {
		t.Errorf("%v\n%s", err, out)
	}
}
