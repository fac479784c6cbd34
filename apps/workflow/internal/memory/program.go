package memory

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Program is what a memory node does: one call, whose result is the output.
type Program struct{}

// Envelope is the request of a call, as the performer of all calls tells it from others.
type Envelope struct {
	Memory *Request `json:"memory"`
}

// Next makes the call, and then ends with its result.
func (Program) Next(config json.RawMessage, results []node.CallResult) node.Move {
	if len(results) > 0 {
		return node.Move{Output: results[0].Response, Failure: results[0].Failure}
	}
	var request Request
	if err := json.Unmarshal(config, &request); err != nil {
		return node.Move{Failure: node.Fail(node.CodeInvalidInput, "the config of a memory node cannot be read: %v", err)}
	}
	encoded, failure := encode(Envelope{Memory: &request})
	if failure != nil {
		return node.Move{Failure: failure}
	}
	return node.Move{Calls: []node.Call{{
		Number: 1, Kind: node.ToolCall, Name: "memory_" + request.Action, Idempotent: true, Request: encoded, Reserve: node.Usage{ToolCalls: 1},
	}}}
}
