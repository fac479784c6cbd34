package httpapi

import (
	"context"
	"net/http"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// CancelRequest says why.
type CancelRequest struct {
	Reason string `json:"reason,omitempty" maxLength:"2000" doc:"Why, for people."`
}

// RetryRequest says from where.
type RetryRequest struct {
	FromStep string `json:"from_step,omitempty" maxLength:"512" doc:"Path of a step outside of loops and sub-workflows; without it, the steps that failed or were canceled."`
}

func (s *Server) runControls(tag string) {
	register(s, operation{
		id: "cancel-run", method: http.MethodPost, path: "/v1/runs/{id}:cancel", tag: tag, summary: "Cancel a run",
		detail: "Ends the run with everything below it; calls in flight are cut. No effect on a run that has ended.",
		access: may(identity.RunsControl), status: http.StatusOK, errors: []int{http.StatusNotFound}, example: map[string]any{"reason": "no longer needed"},
	}, s.cancelRun)
	register(s, operation{
		id: "retry-run", method: http.MethodPost, path: "/v1/runs/{id}:retry", tag: tag, summary: "Take an ended run up again",
		detail: "The step and all after it run anew, the results of the others stay. 409 unless the run failed, was canceled or exhausted its budget.",
		access: may(identity.RunsControl), status: http.StatusAccepted, errors: []int{http.StatusNotFound}, example: map[string]any{"from_step": "send"},
	}, s.retryRun)
}

func (s *Server) cancelRun(ctx context.Context, in *struct {
	RunPath
	Body *CancelRequest
}) (*struct{ Body Run }, error) {
	request := &workflowv1.CancelRunRequest{Id: in.ID}
	if in.Body != nil {
		request.Reason = in.Body.Reason
	}
	answer, err := s.engine.Runs.CancelRun(ctx, request)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Run }{run(answer.GetRun())}, nil
}

func (s *Server) retryRun(ctx context.Context, in *struct {
	RunPath
	Body *RetryRequest
}) (*runOutput, error) {
	request := &workflowv1.RetryRunRequest{Id: in.ID}
	if in.Body != nil {
		request.FromStep = in.Body.FromStep
	}
	answer, err := s.engine.Runs.RetryRun(ctx, request)
	if err != nil {
		return nil, err
	}
	return located(answer.GetRun()), nil
}
