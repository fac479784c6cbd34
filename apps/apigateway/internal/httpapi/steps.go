package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Step is one execution of one node.
type Step struct {
	Path           string          `json:"path" example:"pages[3]/fetch" doc:"The node's id; in a loop or a sub-workflow, that step's path, [index] for an iteration, /, and the node's id."`
	NodeID         string          `json:"node_id"`
	Type           string          `json:"type" doc:"The node's type."`
	Status         string          `json:"status" enum:"running,waiting,completed,failed,skipped,canceled"`
	Attempt        int32           `json:"attempt" doc:"Which attempt this is or was, from 1."`
	Port           string          `json:"port,omitempty" doc:"The port that was taken, for nodes with several."`
	Output         json.RawMessage `json:"output,omitempty"`
	OutputArtifact string          `json:"output_artifact,omitempty" doc:"The artifact that holds the output when it is too large to stand here."`
	Failure        *Failure        `json:"failure,omitempty"`
	Usage          Usage           `json:"usage"`
	StartedAt      *time.Time      `json:"started_at,omitempty"`
	EndedAt        *time.Time      `json:"ended_at,omitempty"`
}

func step(p *workflowv1.Step) Step {
	return Step{
		Path: p.GetPath(), NodeID: p.GetNodeId(), Type: p.GetType(), Status: word(p.GetStatus()), Attempt: p.GetAttempt(), Port: p.GetPort(),
		Output: raw(p.GetOutputJson()), OutputArtifact: p.GetOutputArtifact(), Failure: failure(p.GetFailure()), Usage: usage(p.GetUsage()),
		StartedAt: moment(p.GetStartTime()), EndedAt: moment(p.GetEndTime()),
	}
}

func (s *Server) steps() {
	register(s, operation{
		id: "list-steps", method: http.MethodGet, path: "/v1/runs/{id}/steps", tag: "Runs", summary: "List a run's steps in the order of their start",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound},
	}, s.listSteps)
}

func (s *Server) listSteps(ctx context.Context, in *struct {
	RunPath
	Paging
	Status []string `query:"status" maxItems:"6" enum:"running,waiting,completed,failed,skipped,canceled" doc:"Any of these, with commas between them."`
}) (*listOutput[Step], error) {
	answer, err := s.engine.Runs.ListSteps(ctx, &workflowv1.ListStepsRequest{
		RunId: in.ID, Page: in.proto(), Statuses: values[workflowv1.StepStatus](in.Status),
	})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetSteps(), answer.GetNextToken(), step), nil
}
