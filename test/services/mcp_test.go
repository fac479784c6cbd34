//go:build live

package services_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/devstack/api"
	"github.com/agentteam/agentteam/internal/mcptest"
)

// register gives the id of an MCP server whose calls are approved by this policy.
func register(t *testing.T, c *api.Client, url, approval string) string {
	t.Helper()
	credential := keep(t, c, "Tracker", strings.TrimSuffix(url, "/mcp"), "hunter2-for-tracker")
	var made struct{ ID string }
	if err := c.Post(t.Context(), "/v1/mcp-servers", map[string]any{"name": "tracker", "url": url, "credential": credential, "approval": approval}, &made); err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// usingServer is an agent that may use one tool of the server.
func usingServer(server, tool string) string {
	return fmt.Sprintf(`{"schema": "agentteam/v1", "name": "Track", "inputs": {"type": "object"}, "outputs": {"text": "${{ nodes.work.output.text }}"},
		"nodes": [{"id": "work", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Use the tracker", "tools": [
			{"type": "mcp", "name": "tracker", "server": %q, "tools": [%q]}]}}], "edges": []}`, server, tool)
}

func TestAnAgentUsesAnMCPServer(t *testing.T) {
	c, stranger := newClient(t), newClient(t)
	server := mcptest.Start(t)
	id := register(t, c, server.URL, "never")
	run := start(t, c, publish(t, c, usingServer(id, "create")), `{}`)
	events := follow(t, c, run, nil)
	expectOrder(t, events, "message.completed", "tool.call", "tool.result", "message.completed", "run.completed")
	if calls := server.Calls(); len(calls) != 1 || !strings.HasPrefix(calls[0], "create ") {
		t.Errorf("the server was called %q", calls)
	}
	if !slices.ContainsFunc(events, func(e api.Event) bool {
		return e.Type == "tool.result" && strings.Contains(string(e.Data), "tracker_create") && strings.Contains(string(e.Data), "Bearer [redacted]")
	}) {
		t.Errorf("no result of the tool, or the secret is in it:\n%s", texts(events))
	}
	if _, err := stranger.Publish(t.Context(), []byte(usingServer(id, "create"))); err == nil || !strings.Contains(err.Error(), "there is no MCP server") {
		t.Errorf("another workspace's server: %v", err)
	}
	if _, err := c.Publish(t.Context(), []byte(usingServer(id, "drop"))); err == nil || !strings.Contains(err.Error(), "no tool drop") {
		t.Errorf("a tool that is not there: %v", err)
	}
	wantNowhere(t, "hunter2-for-tracker")
}
