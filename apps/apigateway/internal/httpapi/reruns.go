package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/agentteam/agentteam/apps/apigateway/internal/idempotency"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// ForkRequest says which results the new run takes over.
type ForkRequest struct {
	FromStep string   `json:"from_step,omitempty" maxLength:"512" doc:"A step outside of loops and sub-workflows: it and all after it run anew. Without it, only the results of reuse are taken over."`
	Reuse    []string `json:"reuse,omitempty" maxItems:"500" doc:"More steps whose results are taken over, wherever they are."`
}

// ReplayRequest says what the run is tried with.
type ReplayRequest struct {
	Version     int32 `json:"version,omitempty" minimum:"1" doc:"Of the same workflow; the newest published version without it."`
	LiveMissing bool  `json:"live_missing,omitempty" doc:"Make calls that the run did not record for real. Without it they fail with not_recorded."`
}

// Comparison is a replay beside the run that it replays.
type Comparison struct {
	Replay   Run             `json:"replay" doc:"Without inputs and outputs."`
	Original Run             `json:"original" doc:"The run that is replayed, without inputs and outputs."`
	Outputs  string          `json:"outputs" enum:"same,different,new,missing" doc:"missing: the replay has none, or none yet."`
	Patch    json.RawMessage `json:"patch,omitempty" doc:"What leads from the original's outputs to the replay's, as JSON Patch (RFC 6902)."`
	Counts   CallCounts      `json:"counts" doc:"Of all calls."`
	Calls    []ComparedCall  `json:"calls" nullable:"false" doc:"At most 1,000, those that are not the same first."`
}

// CallCounts says how many calls are how alike.
type CallCounts struct {
	Same      int64 `json:"same"`
	Different int64 `json:"different"`
	New       int64 `json:"new"`
	Missing   int64 `json:"missing"`
}

// ComparedCall is one call of a model or a tool, by its place.
type ComparedCall struct {
	Step     string `json:"step" example:"write"`
	Attempt  int32  `json:"attempt"`
	Number   int32  `json:"number" doc:"Within the attempt, from 1."`
	Kind     string `json:"kind" enum:"model,tool"`
	Name     string `json:"name" example:"openai/gpt-5-mini"`
	Likeness string `json:"likeness" enum:"same,different,new,missing" doc:"Whether it was asked the same. new: only the replay made it."`
	Replayed bool   `json:"replayed" doc:"Whether the replay's answer was recorded, or its lack told, rather than made for real."`
}

func (s *Server) reruns(tag string) {
	register(s, operation{
		id: "fork-run", method: http.MethodPost, path: "/v1/runs/{id}:fork", tag: tag, summary: "Start a new run with chosen results of this one",
		detail: "The new run is of the same version. It takes over the results before from_step, and those of the steps in reuse.",
		access: may(identity.RunsControl), status: http.StatusAccepted, errors: []int{http.StatusNotFound}, example: map[string]any{"from_step": "write", "reuse": []string{"send"}},
	}, s.forkRun)
	register(s, operation{
		id: "replay-run", method: http.MethodPost, path: "/v1/runs/{id}:replay", tag: tag, summary: "Try a version with what this run recorded",
		detail: "Starts a run with the same inputs, whose calls of models and tools get the answers that this run got to the same requests. The comparison tells what is other.",
		access: may(identity.RunsControl), status: http.StatusAccepted, errors: []int{http.StatusNotFound}, example: map[string]any{"version": 4},
	}, s.replayRun)
	register(s, operation{
		id: "compare-replay", method: http.MethodGet, path: "/v1/runs/{id}/comparison", tag: tag, summary: "Compare a replay with the run that it replays",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound, http.StatusConflict},
	}, s.compareReplay)
}

// forkRun chooses the new run's id, as startRun does.
func (s *Server) forkRun(ctx context.Context, in *struct {
	RunPath
	Body ForkRequest
}) (*runOutput, error) {
	answer, err := s.engine.Runs.ForkRun(ctx, &workflowv1.ForkRunRequest{
		Id: in.ID, FromStep: in.Body.FromStep, Reuse: in.Body.Reuse, NewId: idempotency.NewID(ctx, id.Run),
	})
	if err != nil {
		return nil, err
	}
	return located(answer.GetRun()), nil
}

// replayRun chooses the new run's id, as startRun does.
func (s *Server) replayRun(ctx context.Context, in *struct {
	RunPath
	Body *ReplayRequest
}) (*runOutput, error) {
	request := &workflowv1.ReplayRunRequest{Id: in.ID, NewId: idempotency.NewID(ctx, id.Run)}
	if in.Body != nil {
		request.Version, request.LiveMissing = in.Body.Version, in.Body.LiveMissing
	}
	answer, err := s.engine.Runs.ReplayRun(ctx, request)
	if err != nil {
		return nil, err
	}
	return located(answer.GetRun()), nil
}

func (s *Server) compareReplay(ctx context.Context, in *RunPath) (*struct{ Body Comparison }, error) {
	answer, err := s.engine.Runs.CompareReplay(ctx, &workflowv1.CompareReplayRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return &struct{ Body Comparison }{Comparison{
		Replay: run(answer.GetReplay()), Original: run(answer.GetOriginal()), Outputs: word(answer.GetOutputs()), Patch: raw(answer.GetPatchJson()),
		Counts: CallCounts{Same: answer.GetSameCalls(), Different: answer.GetDifferentCalls(), New: answer.GetNewCalls(), Missing: answer.GetMissingCalls()},
		Calls:  mapped(answer.GetCalls(), comparedCall),
	}}, nil
}

func comparedCall(c *workflowv1.ComparedCall) ComparedCall {
	return ComparedCall{
		Step: c.GetStep(), Attempt: c.GetAttempt(), Number: c.GetNumber(), Kind: c.GetKind(), Name: c.GetName(),
		Likeness: word(c.GetLikeness()), Replayed: c.GetReplayed(),
	}
}
