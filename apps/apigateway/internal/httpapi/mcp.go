package httpapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentteam/agentteam/internal/buildinfo"
	"github.com/agentteam/agentteam/internal/identity"
)

const (
	mcpPath = "/mcp"
	// messageDeadline is above a tool's longest wait and the requests around it.
	messageDeadline = time.Minute
)

// agentInstructions are what a client may tell its model before any tool is called.
const agentInstructions = `Workflows of one workspace of Agent Team. Find one with list_workflows, read what it asks for with get_workflow, start it with start_run and
wait_seconds, and ask get_run with wait_seconds until the status is completed, failed, canceled or budget_exhausted.

A run whose status is paused waits for people: pending_approvals says what they are asked. No tool decides that. Tell your user, who decides in Agent Team.`

// mcp serves agents elsewhere by the Model Context Protocol. It keeps no session: each message stands for itself and carries its
// credential, so any of the gateway's tasks answers it (docs/adr/0036-tools-are-requests.md).
func (s *Server) mcp() {
	server := mcp.NewServer(
		&mcp.Implementation{Name: "agent-team", Title: "Agent Team", Version: buildinfo.Version()},
		&mcp.ServerOptions{Instructions: agentInstructions, Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}}},
	)
	s.workflowTools(server)
	s.runTools(server)
	messages := mcp.NewStreamableHTTPHandler(
		func(*http.Request) *mcp.Server { return server },
		&mcp.StreamableHTTPOptions{Stateless: true, PropagateRequestCancellation: true},
	)
	// Everybody in a workspace may read; each tool's own request is asked for what it needs.
	o := operation{method: http.MethodPost, access: may(identity.RunsRead), deadline: messageDeadline}
	guarded := noPages(bounded(o, s.admitted(o, limited(o, single(remembered(messages))))))
	s.router.Method(http.MethodPost, mcpPath, s.routed(mcpPath, guarded))
}

// noPages refuses what a web page sends, which browsers mark with its origin: no page of ours comes here, and one that has rebound its
// name to this address gives its own origin as ours.
func noPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			newProblem(http.StatusForbidden, codeForbidden, "requests of web pages are refused here, and this one has the Origin "+quoted(origin)+
				": connect from a program, which sends none").write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// single refuses JSON-RPC batches, which the protocol has given up: one request could ask for thousands of answers.
func single(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // from memory: it was read by limited
		if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
			newProblem(http.StatusBadRequest, codeBadRequest, "JSON-RPC batches are not taken: send one message in each request").write(w, r)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

type messageKey struct{}

// remembered lets a tool find the request that its message came in.
func remembered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), messageKey{}, r)))
	})
}
