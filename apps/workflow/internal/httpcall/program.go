package httpcall

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Program is what an http node does: one request, whose answer is the output.
type Program struct{}

// Envelope is the request of a call, as the performer of all calls tells it from others.
type Envelope struct {
	HTTP *Request `json:"http"`
}

// Next makes the request, and then ends with its answer.
func (Program) Next(config json.RawMessage, results []node.CallResult) node.Move {
	if len(results) > 0 {
		return end(results[0])
	}
	var request Request
	if err := json.Unmarshal(config, &request); err != nil {
		return node.Move{Failure: invalid("the config of an http node cannot be read: %v", err)}
	}
	encoded, err := json.Marshal(Envelope{HTTP: &request})
	if err != nil {
		return node.Move{Failure: invalid("the config of an http node cannot be written: %v", err)}
	}
	return node.Move{Calls: []node.Call{{
		Number: 1, Kind: node.ToolCall, Name: "http", Idempotent: request.IsIdempotent(), Request: encoded, Reserve: node.Usage{ToolCalls: 1},
	}}}
}

func end(result node.CallResult) node.Move {
	switch {
	case result.Status == node.Succeeded:
		return node.Move{Output: result.Response}
	case result.Status == node.Unknown:
		return node.Move{Failure: &node.Failure{
			Code: node.CodeOutcomeUnknown, Final: true,
			Message: "the request was cut and may have been carried out; see whether it was, and take the run up again from this step",
		}}
	case result.Failure == nil:
		return node.Move{Failure: node.Fail(node.CodeInternal, "the request failed without a reason")}
	}
	return node.Move{Failure: result.Failure}
}
