package agent

import (
	"encoding/json"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Program is the agent's loop: ask the model, call the tools it wants, tell it the results, until it answers.
type Program struct{ prices *model.Prices }

// New makes the program; the prices are for what its calls reserve.
func New(prices *model.Prices) Program { return Program{prices: prices} }

// Next replays the conversation over the results, and says what it lacks.
func (p Program) Next(raw json.RawMessage, results []node.CallResult) node.Move {
	c, failure := readConfig(raw)
	if failure != nil {
		return node.Move{Failure: failure}
	}
	known := map[int]node.CallResult{}
	for _, result := range results {
		known[result.Number] = result
	}
	replay := replay{config: c, prices: p.prices, known: known, request: c.request()}
	for {
		if move := replay.turn(); move != nil {
			return *move
		}
	}
}

// replay is a conversation that is rebuilt from results.
type replay struct {
	config   config
	prices   *model.Prices
	known    map[int]node.CallResult
	request  model.Request
	number   int // of the last call
	turns    int
	repaired bool // the model was told that its answer does not fit
}

// turn goes from one answer of the model to the next; nil: on to the next turn.
func (r *replay) turn() *node.Move {
	r.number++
	result, ok := r.known[r.number]
	if !ok {
		return r.ask()
	}
	if failure := failureOf(result); failure != nil {
		return &node.Move{Failure: failure}
	}
	var response model.Response
	if err := json.Unmarshal(result.Response, &response); err != nil {
		return &node.Move{Failure: node.Fail(node.CodeInternal, "the recorded answer of call %d cannot be read: %v", r.number, err)}
	}
	r.turns++
	r.request.Messages = append(r.request.Messages, model.Message{Answer: &response.Answer})
	switch {
	case response.Stop == model.StopLength:
		return &node.Move{Failure: node.Fail(node.CodeOutput, "the answer was cut at max_output_tokens (%d), or at the end of the model's context: raise it, or ask for less", r.config.MaxOutputTokens)}
	case response.Stop == model.StopRefusal:
		return &node.Move{Failure: &node.Failure{Code: node.CodeModel, Message: "the model refuses to answer: " + excerpt(response.Text, 500), Final: true}}
	case len(response.ToolCalls) == 0 || r.repaired:
		return r.finish(response.Text)
	case r.turns >= r.config.MaxTurns:
		return &node.Move{Failure: node.Fail(node.CodeMaxTurns, "the model still wanted to call tools in turn %d, which max_turns makes the last", r.turns)}
	}
	return r.callTools(response.ToolCalls)
}

// ask is the next request to the model.
func (r *replay) ask() *node.Move {
	encoded, err := json.Marshal(r.request)
	if err != nil {
		return &node.Move{Failure: node.Fail(node.CodeInternal, "the request to the model cannot be encoded: %v", err)}
	}
	if len(encoded) > maxConversation {
		return &node.Move{Failure: &node.Failure{
			Code: node.CodeTooLarge, Final: true,
			Message: fmt.Sprintf("the conversation has %d bytes, at most %d are allowed: give the model less, or let its tools answer with less", len(encoded), maxConversation),
		}}
	}
	reserve, err := r.prices.Reserve(r.request)
	if err != nil {
		return &node.Move{Failure: node.Fail(node.CodeInternal, "%v", err)}
	}
	return &node.Move{Calls: []node.Call{{
		Number: r.number, Kind: node.ModelCall, Name: r.config.Provider + "/" + r.config.Model, Idempotent: true, Request: encoded, Reserve: reserve,
	}}}
}

// callTools wants the calls made that have no result yet; with all results, the model gets them.
func (r *replay) callTools(calls []model.ToolCall) *node.Move {
	var missing []node.Call
	message := model.Message{}
	for i, wanted := range calls {
		if fault := check(r.request.Tools, wanted, i); fault != "" {
			message.Results = append(message.Results, model.ToolResult{ID: wanted.ID, Text: fault, Failed: true})
			continue
		}
		r.number++
		result, ok := r.known[r.number]
		if !ok {
			tool, _ := r.config.tool(wanted.Name)
			call, failure := toolCall(r.number, tool, wanted)
			if failure != nil {
				return &node.Move{Failure: failure}
			}
			missing = append(missing, call)
			continue
		}
		if failure := fatal(result); failure != nil {
			return &node.Move{Failure: failure}
		}
		message.Results = append(message.Results, shown(wanted.ID, result))
	}
	if len(missing) > 0 {
		return &node.Move{Calls: missing}
	}
	r.request.Messages = append(r.request.Messages, message)
	return nil
}

// failureOf is why a model call gave no answer.
func failureOf(result node.CallResult) *node.Failure {
	switch {
	case result.Status == node.Succeeded:
		return nil
	case result.Failure != nil:
		return result.Failure
	}
	return node.Fail(node.CodeConnection, "call %d of the model has no known outcome", result.Number)
}

// fatal is what ends the agent, where other failures of a tool are for the model to deal with.
func fatal(result node.CallResult) *node.Failure {
	if result.Status == node.Unknown {
		return &node.Failure{
			Code: node.CodeOutcomeUnknown, Final: true,
			Message: fmt.Sprintf("call %d of a tool was cut and may have been carried out; see whether it was, and take the run up again from this step", result.Number),
		}
	}
	if result.Failure != nil && (result.Failure.Code == node.CodeBudgetExhausted || result.Failure.Code == node.CodeNotRecorded) {
		return result.Failure
	}
	return nil
}
