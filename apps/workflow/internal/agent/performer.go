package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/httpcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/mcptool"
	"github.com/agentteam/agentteam/apps/workflow/internal/memory"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Performer makes the calls that agents want.
type Performer struct {
	models *model.Models
	http   *httpcall.Client
	mcp    *mcptool.Connector
	memory *memory.Client
}

// NewPerformer uses these models, what tools of type http and mcp need, and the memory for those that the engine brings.
func NewPerformer(models *model.Models, client *httpcall.Client, servers *mcptool.Connector, remembered *memory.Client) *Performer {
	return &Performer{models: models, http: client, mcp: servers, memory: remembered}
}

// Model asks a model.
func (p *Performer) Model(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) node.CallResult {
	var request model.Request
	if err := json.Unmarshal(call.Request, &request); err != nil {
		return node.CallResult{Failure: node.Fail(node.CodeInternal, "the request of call %d cannot be read: %v", call.Number, err)}
	}
	request.ID = id.String()
	if request.Unheard {
		return p.unheard(ctx, call, request)
	}
	emit(node.Event{Type: "message.started", Data: started{Agent: call.Agent, Call: call.Number, Provider: request.Provider, Model: request.Model}})
	deltas := newDeltas(call, emit)
	response, usage, failure := p.models.Complete(ctx, request, call.Reserve, model.Listener{Delta: deltas.add, Reset: deltas.reset})
	deltas.flush()
	if failure != nil {
		return node.CallResult{Failure: failure, Usage: usage}
	}
	for i := range response.ToolCalls {
		// Some servers give no ids, and results are matched by them.
		if response.ToolCalls[i].ID == "" {
			response.ToolCalls[i].ID = fmt.Sprintf("call_%d_%d", call.Number, i+1)
		}
	}
	encoded, err := json.Marshal(response)
	if err != nil {
		return node.CallResult{Failure: node.Fail(node.CodeInternal, "the answer cannot be encoded: %v", err), Usage: usage}
	}
	return node.CallResult{Response: encoded, Usage: usage, Events: completedEvents(call, request.Tools, response)}
}

// Tool calls a tool.
func (p *Performer) Tool(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) node.CallResult {
	var envelope Envelope
	if err := json.Unmarshal(call.Request, &envelope); err != nil || envelope.AgentTool == nil {
		return node.CallResult{Failure: node.Fail(node.CodeInternal, "the request of call %d cannot be read", call.Number)}
	}
	request := *envelope.AgentTool
	emit(node.Event{Type: "tool.call", Data: called{Agent: call.Agent, Call: call.Number, Tool: call.Name, Arguments: request.Arguments}})
	var response json.RawMessage
	failure := call.Refusal
	if failure == nil {
		response, failure = p.run(ctx, id, request)
	}
	status := node.Succeeded
	if failure != nil {
		status = node.Failed
	}
	result := node.CallResult{Response: response, Failure: failure, Usage: node.Usage{ToolCalls: 1}}
	result.Events = toolEvents(called{Agent: call.Agent, Call: call.Number, Tool: call.Name}, status, shown("", result).Text)[1:]
	return result
}

// unheard asks a model for what the run's readers are not told: it is no part of the conversation.
func (p *Performer) unheard(ctx context.Context, call node.Call, request model.Request) node.CallResult {
	response, usage, failure := p.models.Complete(ctx, request, call.Reserve, model.Listener{Delta: func(string) {}, Reset: func() {}})
	if failure != nil {
		return node.CallResult{Failure: failure, Usage: usage}
	}
	encoded, err := json.Marshal(response)
	if err != nil {
		return node.CallResult{Failure: node.Fail(node.CodeInternal, "the answer cannot be encoded: %v", err), Usage: usage}
	}
	return node.CallResult{Response: encoded, Usage: usage}
}

func (p *Performer) run(ctx context.Context, id node.CallID, request toolRequest) (json.RawMessage, *node.Failure) {
	switch request.Tool.Type {
	case "function":
		return evaluate(request, request.Tool.Value)
	case "mcp":
		return p.mcp.Call(ctx, id, request.Tool.Server, request.Tool.Tool, request.Arguments)
	}
	if b, found := builtInOf(request.Tool.Type); found {
		made, failure := remember(request, b)
		if failure != nil {
			return nil, failure
		}
		return p.memory.Do(ctx, id.Workspace, made)
	}
	encoded, err := json.Marshal(httpFields(request.Tool))
	if err != nil {
		return nil, node.Fail(node.CodeInternal, "the tool %s cannot be encoded: %v", request.Tool.Name, err)
	}
	resolved, failure := evaluate(request, encoded)
	if failure != nil {
		return nil, failure
	}
	var made httpcall.Request
	if err := json.Unmarshal(resolved, &made); err != nil {
		return nil, invalid("the tool %s gives no request: %v", request.Tool.Name, err)
	}
	response, failure := p.http.Do(ctx, id, made)
	return withoutHeaders(response), failure
}

// httpFields are those that make an http tool's request.
func httpFields(tool Tool) map[string]any {
	fields := map[string]any{"method": tool.Method, "credential": tool.Credential}
	for name, raw := range map[string]json.RawMessage{"url": tool.URL, "headers": tool.Headers, "query": tool.Query, "body": tool.Body} {
		if len(raw) > 0 {
			fields[name] = raw
		}
	}
	return fields
}

func evaluate(request toolRequest, value json.RawMessage) (json.RawMessage, *node.Failure) {
	env, err := expression.NewEnv(expression.Variables{Tool: true, OnlyArgs: true, Args: request.Tool.schema()})
	if err != nil {
		return nil, node.Fail(node.CodeExpression, "the tool %s: %v", request.Tool.Name, err)
	}
	template, err := expression.Compile(value, env)
	if err != nil {
		return nil, node.Fail(node.CodeExpression, "the tool %s: %v", request.Tool.Name, err)
	}
	result, err := template.Evaluate(map[string]any{"args": request.Arguments})
	if err != nil {
		return nil, node.Fail(node.CodeExpression, "the tool %s: %v", request.Tool.Name, err)
	}
	return result, nil
}

// withoutHeaders keeps what a model can use of an answer.
func withoutHeaders(response json.RawMessage) json.RawMessage {
	var answer struct {
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
	}
	if len(response) == 0 || json.Unmarshal(response, &answer) != nil {
		return response
	}
	short, err := json.Marshal(answer)
	if err != nil {
		return response
	}
	return short
}

// deltaPause is the least time between two deltas: each is a row in the run's log.
const deltaPause = 100 * time.Millisecond
