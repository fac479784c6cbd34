// Package mcptool asks servers of the Model Context Protocol for their tools, and calls them.
package mcptool

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/buildinfo"
)

const (
	timeout    = 30 * time.Second // of one exchange, with the session's beginning
	maxMessage = 500              // bytes of what a server says about its failure
	rejected   = -32005           // the SDK's own word for a request that it could not send
)

// Connector opens a session for each exchange: a step may go on in another process at any time.
type Connector struct {
	guarded *http.Client
	vault   *credential.Vault
	store   *store.Store
}

// New uses the guarded client of package outbound, and the credentials of the vault.
func New(guarded *http.Client, vault *credential.Vault, s *store.Store) *Connector {
	return &Connector{guarded: guarded, vault: vault, store: s}
}

// session is one conversation with a server.
type session struct {
	*mcp.ClientSession
	name   string
	secret *credential.Secret
}

// within runs one exchange in a session. Run is the run that it is for; empty: a person asked.
func (c *Connector) within(ctx context.Context, workspace, run string, server store.MCPServer, exchange func(context.Context, session) error) *node.Failure {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	s := session{name: server.Name}
	var failure *node.Failure
	if server.Credential != "" {
		if s.secret, failure = c.vault.Open(ctx, workspace, server.Credential); failure != nil {
			return failure
		}
	}
	client := *c.guarded
	client.Transport = authorized{inner: c.guarded.Transport, secret: s.secret, run: run}
	var err error
	s.ClientSession, err = mcp.NewClient(&mcp.Implementation{Name: "agent-team", Version: buildinfo.Version()}, nil).
		Connect(ctx, &mcp.StreamableClientTransport{Endpoint: server.URL, HTTPClient: &client, MaxRetries: -1, DisableStandaloneSSE: true, MaxEventSize: outbound.MaxBody}, nil)
	if err != nil {
		return s.failed(ctx, err)
	}
	defer func() { _ = s.Close() }() // a server that does not hear of it forgets the session by itself
	if err := exchange(ctx, s); err != nil {
		return s.failed(ctx, err)
	}
	return nil
}

// failed says why there is no result. What the server itself says is passed on; any other text may tell addresses.
func (s session) failed(ctx context.Context, err error) *node.Failure {
	failure, ours := errors.AsType[*node.Failure](err)
	said, told := errors.AsType[*jsonrpc.Error](err)
	switch {
	case ours:
		return failure
	case errors.Is(err, outbound.ErrRefused):
		return &node.Failure{Code: node.CodeRefusedAddress, Message: "MCP server " + s.name + ": " + outbound.ErrRefused.Error(), Final: true}
	case errors.Is(err, outbound.ErrTooLarge):
		return &node.Failure{Code: node.CodeTooLarge, Message: "MCP server " + s.name + ": " + outbound.ErrTooLarge.Error(), Final: true}
	case ctx.Err() != nil:
		return node.Fail(node.CodeTimeout, "MCP server %s: no whole answer in time", s.name)
	case told && said.Code != rejected:
		return node.Fail(node.CodeTool, "MCP server %s: %s", s.name, cut(s.secret.Redact(said.Message), maxMessage))
	}
	return node.Fail(node.CodeConnection, "MCP server %s: no answer as the protocol has it (streamable HTTP)", s.name)
}
