package httpapi

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// TestAToolThatPanicsEndsItsCallAlone has no net/http above it, which would take a panic.
func TestAToolThatPanicsEndsItsCallAlone(t *testing.T) {
	var log strings.Builder
	s, server := &Server{log: slog.New(slog.NewTextHandler(&log, nil))}, mcp.NewServer(&mcp.Implementation{Name: "test"}, nil)
	offer(s, server, tool{name: "fail"}, func(context.Context, *toolCall, RunChoice) (Run, error) { panic("a detail for the log alone") })
	ours, theirs := mcp.NewInMemoryTransports()
	if _, err := server.Connect(t.Context(), ours, nil); err != nil {
		t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(t.Context(), theirs, nil)
	if err != nil {
		t.Fatal(err)
	}
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "fail", Arguments: map[string]any{"run": "run_1"}})
	if err != nil || !result.IsError || !strings.HasPrefix(result.Content[0].(*mcp.TextContent).Text, "internal: ") {
		t.Fatalf("%+v, %v", result, err)
	}
	if !strings.Contains(log.String(), "a detail for the log alone") || !strings.Contains(log.String(), "tool_test.go") {
		t.Errorf("the log does not tell enough:\n%s", log.String())
	}
}
