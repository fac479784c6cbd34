package agent

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Replay tells what a call that was recorded gave, in the events of one that is made. A call that is no agent's has none.
func Replay(call node.Call, recorded node.CallResult, emit func(node.Event)) []node.CallEvent {
	if call.Kind == node.ModelCall {
		return replayModel(call, recorded, emit)
	}
	var envelope Envelope
	if json.Unmarshal(call.Request, &envelope) != nil || envelope.AgentTool == nil {
		return nil
	}
	emit(node.Event{Type: "tool.call", Data: called{Agent: call.Agent, Call: call.Number, Tool: call.Name, Arguments: envelope.AgentTool.Arguments}})
	return toolEvents(called{Agent: call.Agent, Call: call.Number, Tool: call.Name}, recorded.Status, shown("", recorded).Text)[1:]
}

func replayModel(call node.Call, recorded node.CallResult, emit func(node.Event)) []node.CallEvent {
	var request model.Request
	var response model.Response
	if json.Unmarshal(call.Request, &request) != nil || request.Unheard {
		return nil
	}
	emit(node.Event{Type: "message.started", Data: started{Agent: call.Agent, Call: call.Number, Provider: request.Provider, Model: request.Model}})
	if recorded.Failure != nil || json.Unmarshal(recorded.Response, &response) != nil {
		return nil
	}
	return completedEvents(call, request.Tools, response)
}
