package grpcapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/id"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// The bounds of a trial, whatever the node allows itself.
const (
	trialLimit = time.Minute
	trialCalls = 100
)

// try runs a program outside of any run. Nothing is recorded, so whoever calls again pays again.
func (n *Nodes) try(ctx context.Context, compiled *graph.Node, program node.Program, config json.RawMessage) (*workflowv1.TestNodeResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	limit := trialLimit
	if compiled.Timeout > 0 {
		limit = min(limit, compiled.Timeout)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	t := trial{performer: n.performer, id: node.CallID{Workspace: caller.Workspace, Run: id.New("test"), Step: compiled.ID, Generation: 1, Attempt: 1}}
	move := t.run(ctx, program, config)
	answer := &workflowv1.TestNodeResponse{Usage: &workflowv1.Usage{
		InputTokens: t.usage.InputTokens, OutputTokens: t.usage.OutputTokens, CostMicroUsd: t.usage.Cost,
		ModelCalls: t.usage.ModelCalls, ToolCalls: t.usage.ToolCalls, Steps: 1,
	}}
	if move.Failure != nil {
		answer.Failure = failureMessage(move.Failure)
		return answer, nil
	}
	answer.OutputJson = string(move.Output)
	return answer, nil
}

// trial is one program on its way to its end.
type trial struct {
	performer node.Performer
	id        node.CallID
	results   []node.CallResult
	usage     node.Usage
}

func (t *trial) run(ctx context.Context, program node.Program, config json.RawMessage) node.Move {
	for {
		move := program.Next(config, t.results)
		if len(move.Calls) == 0 {
			return move
		}
		for _, call := range move.Calls {
			if len(t.results) == trialCalls {
				return node.Move{Failure: node.Fail(node.CodeMaxTurns, "the test made %d calls, the most that a test may make, without coming to an end", trialCalls)}
			}
			t.perform(ctx, call)
			if ctx.Err() != nil {
				return node.Move{Failure: node.Fail(node.CodeTimeout, "the test did not end in time: it has the node's timeout, and at most %s", trialLimit)}
			}
		}
	}
}

// perform makes one call after the other, unlike a run: a test has nobody who waits for its parts.
func (t *trial) perform(ctx context.Context, call node.Call) {
	if call.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, call.Timeout)
		defer cancel()
	}
	if call.Approval != nil {
		call = node.Decision{Status: "rejected", Comment: "A test of a node asks nobody."}.Apply(call)
	}
	t.id.Number = call.Number
	result := t.performer.Perform(ctx, t.id, call, func(node.Event) {})
	t.results = append(t.results, result)
	t.usage.InputTokens += result.Usage.InputTokens
	t.usage.OutputTokens += result.Usage.OutputTokens
	t.usage.Cost += result.Usage.Cost
	t.usage.ModelCalls += result.Usage.ModelCalls
	t.usage.ToolCalls += result.Usage.ToolCalls
}
