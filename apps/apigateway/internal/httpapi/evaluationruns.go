package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/apps/apigateway/internal/idempotency"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// EvaluationRun is one trial of one version against the cases that there were.
type EvaluationRun struct {
	ID           string             `json:"id" example:"evr_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	EvaluationID string             `json:"evaluation_id"`
	WorkflowID   string             `json:"workflow_id"`
	Version      int32              `json:"version"`
	CaseCount    int32              `json:"case_count"`
	Passed       int32              `json:"passed"`
	Failed       int32              `json:"failed"`
	PassRate     float64            `json:"pass_rate" doc:"Of the cases that have a verdict, 0-1; 0 while none has."`
	CreatedAt    *time.Time         `json:"created_at"`
	CreatedBy    *Actor             `json:"created_by"`
	EndedAt      *time.Time         `json:"ended_at,omitempty" doc:"When the last case got its verdict."`
	Results      []EvaluationResult `json:"results,omitempty" doc:"In the order of the cases. Left out of lists."`
}

// EvaluationResult is what one case gave.
type EvaluationResult struct {
	Name   string   `json:"name"`
	RunID  string   `json:"run_id" doc:"The case's run; it is there once the status is beyond queued."`
	Status string   `json:"status" enum:"queued,running,passed,failed"`
	Score  *float64 `json:"score,omitempty" doc:"0-1. None if the run or the judge failed."`
	Reason string   `json:"reason,omitempty" doc:"Why it failed, or what the judge says."`
}

func evaluationRun(r *workflowv1.EvaluationRun) EvaluationRun {
	shown := EvaluationRun{
		ID: r.GetId(), EvaluationID: r.GetEvaluationId(), WorkflowID: r.GetWorkflowId(), Version: r.GetVersion(),
		CaseCount: r.GetCaseCount(), Passed: r.GetPassed(), Failed: r.GetFailed(),
		CreatedAt: moment(r.GetCreated().GetTime()), CreatedBy: actor(r.GetCreated()), EndedAt: moment(r.GetEndTime()),
	}
	if ended := r.GetPassed() + r.GetFailed(); ended > 0 {
		shown.PassRate = float64(r.GetPassed()) / float64(ended)
	}
	for _, result := range r.GetResults() {
		shown.Results = append(shown.Results, EvaluationResult{
			Name: result.GetName(), RunID: result.GetRunId(), Status: word(result.GetStatus()), Score: result.Score, Reason: result.GetReason(),
		})
	}
	return shown
}

// EvaluationRunRequest says what is tried.
type EvaluationRunRequest struct {
	Version     int32   `json:"version,omitempty" minimum:"1" doc:"Of the evaluation's workflow; the newest published version without it."`
	MaxParallel int32   `json:"max_parallel,omitempty" minimum:"1" maximum:"20" doc:"Runs of cases at the same time; 5 without it."`
	Budget      *Budget `json:"budget,omitempty" doc:"Of each case's run."`
}

// EvaluationComparison is two trials of the same evaluation side by side.
type EvaluationComparison struct {
	Run   EvaluationRun  `json:"run" doc:"Without results."`
	Base  EvaluationRun  `json:"base" doc:"The one that it is compared with, without results."`
	Cases []ComparedCase `json:"cases" nullable:"false"`
}

// ComparedCase is one case, by its name, in both.
type ComparedCase struct {
	Name       string   `json:"name"`
	BaseStatus string   `json:"base_status,omitempty" doc:"Left out if the base has no such case."`
	Status     string   `json:"status,omitempty" doc:"Left out if only the base has such a case."`
	BaseScore  *float64 `json:"base_score,omitempty"`
	Score      *float64 `json:"score,omitempty"`
	Reason     string   `json:"reason,omitempty" doc:"Of the run's result."`
}

func comparedCase(c *workflowv1.ComparedCase) ComparedCase {
	shown := ComparedCase{Name: c.GetName(), BaseScore: c.BaseScore, Score: c.Score, Reason: c.GetReason()}
	if c.GetStatus() != 0 {
		shown.Status = word(c.GetStatus())
	}
	if c.GetBaseStatus() != 0 {
		shown.BaseStatus = word(c.GetBaseStatus())
	}
	return shown
}

type EvaluationRunPath struct {
	ID string `path:"id" maxLength:"64" example:"evr_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

type evaluationRunOutput struct {
	Location string `header:"Location" doc:"Where the results are."`
	Body     EvaluationRun
}

func (s *Server) evaluationRuns() {
	tag := "Evaluations"
	register(s, operation{
		id: "run-evaluation", method: http.MethodPost, path: "/v1/evaluations/{id}:run", tag: tag, summary: "Try a version against the cases",
		detail: "Starts a run for each case, max_parallel at the same time, and judges what it gave. Answers at once; the results come as the runs end.",
		access: may(identity.RunsStart), status: http.StatusAccepted, errors: []int{http.StatusNotFound}, example: map[string]any{"version": 4, "max_parallel": 5, "budget": map[string]any{"usd": 0.1}},
	}, s.runEvaluation)
	register(s, operation{
		id: "list-evaluation-runs", method: http.MethodGet, path: "/v1/evaluations/{id}/runs", tag: tag, summary: "List an evaluation's runs, the newest first",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound},
	}, s.listEvaluationRuns)
	register(s, operation{
		id: "get-evaluation-run", method: http.MethodGet, path: "/v1/evaluation-runs/{id}", tag: tag, summary: "Get an evaluation's run with its results",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound},
	}, s.getEvaluationRun)
	register(s, operation{
		id: "compare-evaluation-runs", method: http.MethodGet, path: "/v1/evaluation-runs/{id}/comparison", tag: tag, summary: "Compare two runs of an evaluation",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound, http.StatusConflict},
	}, s.compareEvaluationRuns)
}

// runEvaluation chooses the id, as startRun does.
func (s *Server) runEvaluation(ctx context.Context, in *struct {
	EvaluationPath
	Body *EvaluationRunRequest
}) (*evaluationRunOutput, error) {
	request := &workflowv1.RunEvaluationRequest{Id: in.ID, NewId: idempotency.NewID(ctx, id.EvaluationRun)}
	if in.Body != nil {
		request.Version, request.MaxParallel, request.Budget = in.Body.Version, in.Body.MaxParallel, in.Body.Budget.proto()
	}
	answer, err := s.engine.Evaluations.RunEvaluation(ctx, request)
	if err != nil {
		return nil, err
	}
	return &evaluationRunOutput{Location: "/v1/evaluation-runs/" + answer.GetRun().GetId(), Body: evaluationRun(answer.GetRun())}, nil
}

func (s *Server) listEvaluationRuns(ctx context.Context, in *struct {
	EvaluationPath
	Paging
}) (*listOutput[EvaluationRun], error) {
	answer, err := s.engine.Evaluations.ListEvaluationRuns(ctx, &workflowv1.ListEvaluationRunsRequest{EvaluationId: in.ID, Page: in.proto()})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetRuns(), answer.GetNextToken(), evaluationRun), nil
}

func (s *Server) getEvaluationRun(ctx context.Context, in *EvaluationRunPath) (*struct{ Body EvaluationRun }, error) {
	answer, err := s.engine.Evaluations.GetEvaluationRun(ctx, &workflowv1.GetEvaluationRunRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return &struct{ Body EvaluationRun }{evaluationRun(answer.GetRun())}, nil
}

func (s *Server) compareEvaluationRuns(ctx context.Context, in *struct {
	EvaluationRunPath
	With string `query:"with" required:"true" maxLength:"64" doc:"The evaluation run to compare with, of the same evaluation."`
}) (*struct{ Body EvaluationComparison }, error) {
	answer, err := s.engine.Evaluations.CompareEvaluationRuns(ctx, &workflowv1.CompareEvaluationRunsRequest{Id: in.ID, BaseId: in.With})
	if err != nil {
		return nil, err
	}
	return &struct{ Body EvaluationComparison }{EvaluationComparison{
		Run: evaluationRun(answer.GetRun()), Base: evaluationRun(answer.GetBase()), Cases: mapped(answer.GetCases(), comparedCase),
	}}, nil
}
