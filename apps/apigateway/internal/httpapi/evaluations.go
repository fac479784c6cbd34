package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Evaluation is a set of cases that say what a workflow should give.
type Evaluation struct {
	ID         string          `json:"id" example:"evl_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	WorkflowID string          `json:"workflow_id"`
	Name       string          `json:"name"`
	Cases      json.RawMessage `json:"cases,omitempty" doc:"Left out of lists."`
	CaseCount  int32           `json:"case_count"`
	Revision   int64           `json:"revision" doc:"Grows by one with each change; also the ETag."`
	CreatedAt  *time.Time      `json:"created_at"`
	CreatedBy  *Actor          `json:"created_by"`
	UpdatedAt  *time.Time      `json:"updated_at"`
	UpdatedBy  *Actor          `json:"updated_by"`
}

func evaluation(e *workflowv1.Evaluation) Evaluation {
	return Evaluation{
		ID: e.GetId(), WorkflowID: e.GetWorkflowId(), Name: e.GetName(), Cases: raw(e.GetCasesJson()), CaseCount: e.GetCaseCount(), Revision: e.GetRevision(),
		CreatedAt: moment(e.GetCreated().GetTime()), CreatedBy: actor(e.GetCreated()), UpdatedAt: moment(e.GetUpdated().GetTime()), UpdatedBy: actor(e.GetUpdated()),
	}
}

// EvaluationChange is what an evaluation is to hold.
type EvaluationChange struct {
	Name  string          `json:"name" minLength:"1" maxLength:"100"`
	Cases json.RawMessage `json:"cases" doc:"1-200 cases [{name, inputs, expect}], as docs/evaluation.md describes them."`
}

// EvaluationRequest makes an evaluation of a workflow.
type EvaluationRequest struct {
	EvaluationChange
	Workflow string `json:"workflow" maxLength:"64" doc:"The workflow's id."`
}

type EvaluationPath struct {
	ID string `path:"id" maxLength:"64" example:"evl_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

type evaluationOutput struct {
	ETag     string `header:"ETag" doc:"The revision, for If-Match."`
	Location string `header:"Location" doc:"Where the new evaluation is."`
	Body     Evaluation
}

func evaluationAnswer(e *workflowv1.Evaluation) *evaluationOutput {
	return &evaluationOutput{ETag: etag(e.GetRevision()), Body: evaluation(e)}
}

func (s *Server) evaluations() {
	tag := "Evaluations"
	change := map[string]any{"name": "Greetings", "cases": []any{map[string]any{
		"name": "by name", "inputs": map[string]any{"name": "Ada"}, "expect": map[string]any{"type": "json", "value": map[string]any{"greeting": "Hello Ada"}},
	}}}
	register(s, operation{
		id: "create-evaluation", method: http.MethodPost, path: "/v1/evaluations", tag: tag, summary: "Create an evaluation",
		access: may(identity.WorkflowsWrite), status: http.StatusCreated, limit: maxDocument, errors: []int{http.StatusNotFound},
		example: with(change, "workflow", "wfl_01jcz3x8v9k2m4n6p8q0r2s4t6"),
	}, s.createEvaluation)
	register(s, operation{
		id: "list-evaluations", method: http.MethodGet, path: "/v1/evaluations", tag: tag, summary: "List evaluations, the newest first",
		access: may(identity.WorkflowsRead),
	}, s.listEvaluations)
	register(s, operation{
		id: "get-evaluation", method: http.MethodGet, path: "/v1/evaluations/{id}", tag: tag, summary: "Get an evaluation with its cases",
		access: may(identity.WorkflowsRead), errors: []int{http.StatusNotFound},
	}, s.getEvaluation)
	register(s, operation{
		id: "update-evaluation", method: http.MethodPut, path: "/v1/evaluations/{id}", tag: tag, summary: "Replace an evaluation's cases",
		detail: "What was run keeps the cases that it was run with.",
		access: may(identity.WorkflowsWrite), limit: maxDocument, example: change, errors: []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusUnprocessableEntity},
	}, s.updateEvaluation)
	register(s, operation{
		id: "delete-evaluation", method: http.MethodDelete, path: "/v1/evaluations/{id}", tag: tag, summary: "Delete an evaluation with its results",
		detail: "The runs of its cases stay.", access: may(identity.WorkflowsWrite), errors: []int{http.StatusNotFound},
	}, s.deleteEvaluation)
}

func (s *Server) createEvaluation(ctx context.Context, in *struct{ Body EvaluationRequest }) (*evaluationOutput, error) {
	answer, err := s.engine.Evaluations.CreateEvaluation(ctx, &workflowv1.CreateEvaluationRequest{
		WorkflowId: in.Body.Workflow, Name: in.Body.Name, CasesJson: string(in.Body.Cases),
	})
	if err != nil {
		return nil, err
	}
	out := evaluationAnswer(answer.GetEvaluation())
	out.Location = "/v1/evaluations/" + answer.GetEvaluation().GetId()
	return out, nil
}

func (s *Server) listEvaluations(ctx context.Context, in *struct {
	Paging
	WorkflowID string `query:"workflow_id" maxLength:"64"`
}) (*listOutput[Evaluation], error) {
	answer, err := s.engine.Evaluations.ListEvaluations(ctx, &workflowv1.ListEvaluationsRequest{Page: in.proto(), WorkflowId: in.WorkflowID})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetEvaluations(), answer.GetNextToken(), evaluation), nil
}

func (s *Server) getEvaluation(ctx context.Context, in *EvaluationPath) (*evaluationOutput, error) {
	answer, err := s.engine.Evaluations.GetEvaluation(ctx, &workflowv1.GetEvaluationRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return evaluationAnswer(answer.GetEvaluation()), nil
}

func (s *Server) updateEvaluation(ctx context.Context, in *struct {
	EvaluationPath
	Conditional
	Body EvaluationChange
}) (*evaluationOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	answer, err := s.engine.Evaluations.UpdateEvaluation(ctx, &workflowv1.UpdateEvaluationRequest{
		Id: in.ID, Name: in.Body.Name, CasesJson: string(in.Body.Cases), Revision: revision,
	})
	if err != nil {
		return nil, in.explain(err)
	}
	return evaluationAnswer(answer.GetEvaluation()), nil
}

func (s *Server) deleteEvaluation(ctx context.Context, in *EvaluationPath) (*struct{}, error) {
	_, err := s.engine.Evaluations.DeleteEvaluation(ctx, &workflowv1.DeleteEvaluationRequest{Id: in.ID})
	return nil, err
}
