package grpcapi

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func runMessage(r store.Run) *workflowv1.Run {
	return &workflowv1.Run{
		Id:          r.ID,
		WorkflowId:  r.WorkflowID,
		Version:     r.Version,
		Status:      workflowv1.RunStatus(number(workflowv1.RunStatus_value, runStatusPrefix, r.Status)),
		InputsJson:  r.Inputs,
		OutputsJson: r.Outputs,
		Failure:     failureMessage(r.Failure),
		Budget: &workflowv1.Budget{
			CostMicroUsd: r.Budget.Cost, Tokens: r.Budget.Tokens, Steps: r.Budget.Steps, ToolCalls: r.Budget.ToolCalls,
		},
		Usage:      usageMessage(r.Usage),
		Created:    actorMessage(r.CreatedBy, r.CreatedAt),
		StartTime:  timestamp(r.StartedAt),
		EndTime:    timestamp(r.EndedAt),
		LastSeq:    r.LastSeq,
		ForkedFrom: r.ForkedFrom,
		ThreadId:   r.Thread,
		ReplayOf:   r.ReplayOf,
	}
}

func stepMessage(s store.Step) *workflowv1.Step {
	return &workflowv1.Step{
		Path:           s.Path,
		NodeId:         s.NodeID,
		Type:           s.Type,
		Status:         workflowv1.StepStatus(number(workflowv1.StepStatus_value, stepStatusPrefix, s.Status)),
		Attempt:        s.Attempt,
		Port:           s.Port,
		OutputJson:     s.Output,
		OutputArtifact: s.OutputArtifact,
		Failure:        failureMessage(s.Failure),
		Usage:          usageMessage(s.Usage),
		StartTime:      timestamppb.New(s.StartedAt),
		EndTime:        timestamp(s.EndedAt),
	}
}

func eventMessages(events []store.Event) []*workflowv1.RunEvent {
	messages := make([]*workflowv1.RunEvent, len(events))
	for i, e := range events {
		messages[i] = &workflowv1.RunEvent{Seq: e.Seq, Type: e.Type, Step: e.Step, Time: timestamppb.New(e.Time), DataJson: e.Data}
	}
	return messages
}

func usageMessage(u store.Usage) *workflowv1.Usage {
	return &workflowv1.Usage{
		InputTokens: u.InputTokens, OutputTokens: u.OutputTokens, ModelCalls: u.ModelCalls, ToolCalls: u.ToolCalls,
		Steps: u.Steps, CostMicroUsd: u.Cost,
	}
}

func failureMessage(f *node.Failure) *workflowv1.Failure {
	if f == nil {
		return nil
	}
	return &workflowv1.Failure{Code: f.Code, Message: f.Message, Step: f.Step}
}

func actorMessage(a store.Actor, at time.Time) *workflowv1.Actor {
	return &workflowv1.Actor{Subject: a.Subject, Kind: a.Kind, Time: timestamppb.New(at)}
}

// timestamp is nil for what has not happened.
func timestamp(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}
