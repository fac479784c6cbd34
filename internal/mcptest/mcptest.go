// Package mcptest runs a server of the Model Context Protocol for tests: the official SDK's, over real HTTP.
package mcptest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Server is one MCP server, on loopback until the test ends.
type Server struct {
	URL string // of its endpoint

	mcp   *mcp.Server
	mu    sync.Mutex
	calls []string
	heads []http.Header
}

// title is what the tools take.
type title struct {
	Title string `json:"title" jsonschema:"of the issue"`
}

// Start runs a server with three tools: search only reads, set may be repeated, create may not.
func Start(t *testing.T) *Server {
	t.Helper()
	s := &Server{mcp: mcp.NewServer(&mcp.Implementation{Name: "tracker", Version: "1"}, nil)}
	s.Offer("search", &mcp.ToolAnnotations{ReadOnlyHint: true})
	s.Offer("set", &mcp.ToolAnnotations{IdempotentHint: true})
	s.Offer("create", nil)
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.mcp }, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.heads = append(s.heads, r.Header.Clone())
		s.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.URL = server.URL + "/mcp"
	return s
}

// Offer adds a tool that notes its calls and repeats what it got: the title, and the header Authorization. The title fail makes
// it fail.
func (s *Server) Offer(name string, hints *mcp.ToolAnnotations) {
	mcp.AddTool(s.mcp, &mcp.Tool{Name: name, Description: name + " issues", Annotations: hints},
		func(_ context.Context, request *mcp.CallToolRequest, in title) (*mcp.CallToolResult, any, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.calls = append(s.calls, name+" "+in.Title)
			text := name + " of " + in.Title + ", sent with " + request.Extra.Header.Get("Authorization")
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}, IsError: in.Title == "fail"}, nil, nil
		})
}

// Calls are the names of the tools that were called, each with its title.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.calls...)
}

// Headers are those of all requests.
func (s *Server) Headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]http.Header{}, s.heads...)
}
