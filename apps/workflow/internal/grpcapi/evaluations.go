package grpcapi

import (
	"context"
	"strings"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/evaluation"
	"github.com/agentteam/agentteam/apps/workflow/internal/library"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Evaluations is the EvaluationService. What it keeps is carried out by evaluation.Keeper.
type Evaluations struct {
	workflowv1.UnimplementedEvaluationServiceServer
	store   *store.Store
	library *library.Library
}

// NewEvaluations makes the service.
func NewEvaluations(s *store.Store, l *library.Library) *Evaluations {
	return &Evaluations{store: s, library: l}
}

// CreateEvaluation keeps cases for a workflow.
func (e *Evaluations) CreateEvaluation(ctx context.Context, request *workflowv1.CreateEvaluationRequest) (*workflowv1.CreateEvaluationResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	cases, err := e.cases(ctx, caller, request.GetName(), request.GetCasesJson())
	if err != nil {
		return nil, err
	}
	created, err := e.store.CreateEvaluation(ctx, caller.Workspace, request.GetWorkflowId(), cases)
	if err != nil {
		return nil, err
	}
	return &workflowv1.CreateEvaluationResponse{Evaluation: evaluationMessage(created)}, nil
}

// GetEvaluation gives an evaluation with its cases.
func (e *Evaluations) GetEvaluation(ctx context.Context, request *workflowv1.GetEvaluationRequest) (*workflowv1.GetEvaluationResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := e.store.Evaluation(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetEvaluationResponse{Evaluation: evaluationMessage(found)}, nil
}

// evaluationList is the kind of the page tokens of ListEvaluations.
const evaluationList = "evaluations"

// ListEvaluations lists evaluations, the newest first.
func (e *Evaluations) ListEvaluations(ctx context.Context, request *workflowv1.ListEvaluationsRequest) (*workflowv1.ListEvaluationsResponse, error) {
	if err := text("workflow_id", request.GetWorkflowId(), maxPath); err != nil {
		return nil, err
	}
	page, next, err := list[store.Evaluation, *workflowv1.Evaluation]{
		evaluationList, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.Evaluation, error) {
			return e.store.Evaluations(ctx, workspace, request.GetWorkflowId(), after, limit)
		},
		func(one store.Evaluation) (time.Time, string) { return one.CreatedAt, one.ID }, evaluationMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListEvaluationsResponse{Evaluations: page, NextToken: next}, nil
}

// UpdateEvaluation replaces name and cases.
func (e *Evaluations) UpdateEvaluation(ctx context.Context, request *workflowv1.UpdateEvaluationRequest) (*workflowv1.UpdateEvaluationResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(request.GetRevision()); err != nil {
		return nil, err
	}
	cases, err := e.cases(ctx, caller, request.GetName(), request.GetCasesJson())
	if err != nil {
		return nil, err
	}
	updated, err := e.store.UpdateEvaluation(ctx, caller.Workspace, request.GetId(), request.GetRevision(), cases)
	if err != nil {
		return nil, err
	}
	return &workflowv1.UpdateEvaluationResponse{Evaluation: evaluationMessage(updated)}, nil
}

// DeleteEvaluation deletes an evaluation with its results.
func (e *Evaluations) DeleteEvaluation(ctx context.Context, request *workflowv1.DeleteEvaluationRequest) (*workflowv1.DeleteEvaluationResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.store.DeleteEvaluation(ctx, caller.Workspace, request.GetId()); err != nil {
		return nil, err
	}
	return &workflowv1.DeleteEvaluationResponse{}, nil
}

// cases checks what an evaluation is to hold.
func (e *Evaluations) cases(ctx context.Context, caller identity.Caller, name, cases string) (store.CaseSet, error) {
	if strings.TrimSpace(name) == "" {
		return store.CaseSet{}, refuse("name", problem.CodeMissingField, "name must say what is evaluated")
	}
	if err := text("name", name, maxName); err != nil {
		return store.CaseSet{}, err
	}
	read, problems := evaluation.Read(cases, e.library.Catalog(ctx, caller.Workspace).Providers)
	if len(problems) > 0 {
		for i := range problems {
			problems[i].Pointer = "/cases" + problems[i].Pointer
		}
		return store.CaseSet{}, unfit("cases", problems)
	}
	return store.CaseSet{Name: name, Cases: cases, Count: len(read), By: store.ActorOf(caller)}, nil
}

func evaluationMessage(e store.Evaluation) *workflowv1.Evaluation {
	return &workflowv1.Evaluation{
		Id: e.ID, WorkflowId: e.WorkflowID, Name: e.Name, CasesJson: e.Cases, CaseCount: e.CaseCount, Revision: e.Revision,
		Created: actorMessage(e.CreatedBy, e.CreatedAt), Updated: actorMessage(e.UpdatedBy, e.UpdatedAt),
	}
}
