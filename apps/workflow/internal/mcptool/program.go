package mcptool

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// callTimeout bounds one call of a tool; the exchange itself has less.
const callTimeout = timeout + 5*time.Second

// Program lets agents use tools of servers, which are known only when a step begins: it asks for them first, and then
// goes on as the agents' own program. What was answered is recorded, so a step keeps the tools that it began with.
type Program struct{ inner node.Program }

// Wrap makes the program.
func Wrap(inner node.Program) Program { return Program{inner: inner} }

// Envelope is the request of a call, as the performer of all calls tells it from others.
type Envelope struct {
	MCPTools *Wanted `json:"mcp_tools"`
}

// Wanted is a tool of type mcp, as it stands in the document.
type Wanted struct {
	Name   string   `json:"name"`
	Server string   `json:"server"`
	Tools  []string `json:"tools"`
	// ExpiresIn is how long people may take to approve a call; empty: a day.
	ExpiresIn string `json:"expires_in,omitempty"`
}

// Next numbers the questions first, and the agents' calls after them.
func (p Program) Next(config json.RawMessage, results []node.CallResult) node.Move {
	tree, wanted := wantedOf(config)
	if len(wanted) == 0 {
		return p.inner.Next(config, results)
	}
	answers := make([]*node.CallResult, len(wanted))
	var own []node.CallResult
	for _, r := range results {
		if r.Number <= len(wanted) {
			answers[r.Number-1] = &r
			continue
		}
		r.Number -= len(wanted)
		own = append(own, r)
	}
	if questions := ask(wanted, answers); len(questions) > 0 {
		return node.Move{Calls: questions}
	}
	expanded, failure := expand(tree, answers)
	if failure != nil {
		return node.Move{Failure: failure}
	}
	move := p.inner.Next(expanded, own)
	for i := range move.Calls {
		move.Calls[i].Number += len(wanted)
		mark(&move.Calls[i], config)
	}
	return move
}

// ask is a call for each server whose tools are not known yet.
func ask(wanted []Wanted, answers []*node.CallResult) (questions []node.Call) {
	for i, w := range wanted {
		if answers[i] != nil {
			continue
		}
		request, _ := json.Marshal(Envelope{MCPTools: &w}) //nolint:errchkjson // texts: it cannot fail
		questions = append(questions, node.Call{
			Number: i + 1, Kind: node.ToolCall, Name: "mcp " + w.Name, Idempotent: true, Request: request, Reserve: node.Usage{ToolCalls: 1},
		})
	}
	return questions
}

// mark says of a call what its tool's server said of the tool, and whether a person has to approve it.
func mark(call *node.Call, config json.RawMessage) {
	var request struct {
		AgentTool *struct {
			Tool      Tool            `json:"tool"`
			Arguments json.RawMessage `json:"arguments"`
		} `json:"agent_tool"`
	}
	if call.Kind != node.ToolCall || json.Unmarshal(call.Request, &request) != nil || request.AgentTool == nil || request.AgentTool.Tool.Type != "mcp" {
		return
	}
	tool := request.AgentTool.Tool
	call.Idempotent, call.Timeout = tool.Idempotent, callTimeout
	if tool.Approve {
		call.Approval = approvalOf(tool, request.AgentTool.Arguments, config)
	}
}

// approvalOf binds a decision to the tool, its arguments and the agent's whole config: what is approved is what is called.
func approvalOf(tool Tool, arguments, config json.RawMessage) *node.Approval {
	sum := sha256.Sum256(config)
	details, _ := json.Marshal(map[string]any{ //nolint:errchkjson // texts, and arguments that were checked
		"server": tool.Server, "server_name": tool.ServerName, "tool": tool.Tool, "arguments": arguments, "agent_config_sha256": hex.EncodeToString(sum[:]),
	})
	expires, err := time.ParseDuration(tool.ExpiresIn)
	if err != nil || expires <= 0 {
		expires = 24 * time.Hour
	}
	return &node.Approval{Title: fmt.Sprintf("Call the tool %s of %s?", tool.Tool, tool.ServerName), Details: details, ExpiresIn: expires}
}
