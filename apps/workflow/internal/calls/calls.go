// Package calls brings together the types of nodes that make calls, and who makes them.
package calls

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/agent"
	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/apps/workflow/internal/httpcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/mcptool"
	"github.com/agentteam/agentteam/apps/workflow/internal/memory"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/apps/workflow/internal/team"
)

// Programs are the types of nodes that make calls, by name.
func Programs(prices *model.Prices) map[string]node.Program {
	programs := team.Programs(prices)
	programs["agent"] = agent.New(prices)
	for name, program := range programs {
		programs[name] = mcptool.Wrap(program)
	}
	programs["http"], programs["memory"] = httpcall.Program{}, memory.Program{}
	return programs
}

// performer makes every kind of call.
type performer struct {
	http   *httpcall.Client
	mcp    *mcptool.Connector
	agent  *agent.Performer
	memory *memory.Client
}

// NewPerformer makes calls with these models, credentials and MCP servers, and HTTP requests with this client, that of package outbound;
// it remembers in these tables.
func NewPerformer(models *model.Models, guarded *http.Client, vault *credential.Vault, servers *mcptool.Connector, tables *store.Store) node.Performer {
	client, remembered := httpcall.NewClient(guarded, vault), memory.NewClient(tables)
	return &performer{http: client, mcp: servers, agent: agent.NewPerformer(models, client, servers, remembered), memory: remembered}
}

// Perform makes one call. A fault of ours is a failure of the call, not of the process.
func (p *performer) Perform(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) (result node.CallResult) {
	began := time.Now()
	defer func() {
		if fault := recover(); fault != nil {
			result = node.CallResult{Failure: node.Fail(node.CodeInternal, "a fault of the engine: %v", fmt.Sprintf("%T", fault))}
		}
		result.Number, result.Started, result.Ended = call.Number, began, time.Now()
		result.Status = node.Succeeded
		if result.Failure != nil {
			result.Status = node.Failed
		}
	}()
	if call.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, call.Timeout)
		defer cancel()
	}
	return p.dispatch(ctx, id, call, emit)
}

func (p *performer) dispatch(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) node.CallResult {
	if call.Kind == node.ModelCall {
		return p.agent.Model(ctx, id, call, emit)
	}
	var envelope struct {
		HTTP     *httpcall.Request `json:"http"`
		MCPTools *mcptool.Wanted   `json:"mcp_tools"`
		Memory   *memory.Request   `json:"memory"`
	}
	if err := json.Unmarshal(call.Request, &envelope); err != nil {
		return node.CallResult{Failure: node.Fail(node.CodeInternal, "the request of call %d cannot be read: %v", call.Number, err)}
	}
	result := node.CallResult{Usage: node.Usage{ToolCalls: 1}}
	switch {
	case envelope.HTTP != nil:
		result.Response, result.Failure = p.http.Do(ctx, id, *envelope.HTTP)
	case envelope.MCPTools != nil:
		result.Response, result.Failure = p.mcp.Offer(ctx, id.Workspace, *envelope.MCPTools)
	case envelope.Memory != nil:
		result.Response, result.Failure = p.memory.Do(ctx, id.Workspace, *envelope.Memory)
	default:
		return p.agent.Tool(ctx, id, call, emit)
	}
	return result
}
