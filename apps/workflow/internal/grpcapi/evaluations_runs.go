package grpcapi

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/evaluation"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// How many runs of cases there are at the same time.
const (
	usualParallel = 5
	maxParallel   = 20
)

// RunEvaluation keeps a trial, which is carried out from then on.
func (e *Evaluations) RunEvaluation(ctx context.Context, request *workflowv1.RunEvaluationRequest) (*workflowv1.RunEvaluationResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	trial, err := trialOf(caller, request)
	if err != nil {
		return nil, err
	}
	if trial.Evaluation, err = e.store.Evaluation(ctx, caller.Workspace, request.GetId()); err != nil {
		return nil, err
	}
	if trial.Version, err = e.version(ctx, caller, trial.Evaluation.WorkflowID, int(request.GetVersion())); err != nil {
		return nil, err
	}
	cases, problems := evaluation.Read(trial.Evaluation.Cases, e.library.Catalog(ctx, caller.Workspace).Providers)
	if len(problems) > 0 { // a judge's provider may have gone since
		return nil, unfit("cases", problems)
	}
	for _, c := range cases {
		trial.Cases = append(trial.Cases, store.NewCase{Name: c.Name, Inputs: string(c.Inputs), Expect: string(c.Expect)})
	}
	created, err := e.store.CreateEvaluationRun(ctx, caller.Workspace, trial)
	if err != nil {
		return nil, err
	}
	run, err := e.store.EvaluationRun(ctx, caller.Workspace, created)
	return &workflowv1.RunEvaluationResponse{Run: evaluationRunMessage(run)}, err
}

// GetEvaluationRun gives a trial with its results so far.
func (e *Evaluations) GetEvaluationRun(ctx context.Context, request *workflowv1.GetEvaluationRunRequest) (*workflowv1.GetEvaluationRunResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	run, err := e.store.EvaluationRun(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetEvaluationRunResponse{Run: evaluationRunMessage(run)}, nil
}

// evaluationRunList is the kind of the page tokens of ListEvaluationRuns.
const evaluationRunList = "evaluation_runs"

// ListEvaluationRuns lists the trials of an evaluation, the newest first.
func (e *Evaluations) ListEvaluationRuns(ctx context.Context, request *workflowv1.ListEvaluationRunsRequest) (*workflowv1.ListEvaluationRunsResponse, error) {
	page, next, err := list[store.EvaluationRun, *workflowv1.EvaluationRun]{
		evaluationRunList, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.EvaluationRun, error) {
			if _, err := e.store.Evaluation(ctx, workspace, request.GetEvaluationId()); err != nil {
				return nil, err
			}
			return e.store.EvaluationRuns(ctx, workspace, request.GetEvaluationId(), after, limit)
		},
		func(one store.EvaluationRun) (time.Time, string) { return one.CreatedAt, one.ID }, evaluationRunMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListEvaluationRunsResponse{Runs: page, NextToken: next}, nil
}

// CompareEvaluationRuns sets the cases of two trials side by side, in the order of the later one's.
func (e *Evaluations) CompareEvaluationRuns(ctx context.Context, request *workflowv1.CompareEvaluationRunsRequest) (*workflowv1.CompareEvaluationRunsResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	run, err := e.store.EvaluationRun(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	base, err := e.store.EvaluationRun(ctx, caller.Workspace, request.GetBaseId())
	if err != nil {
		return nil, err
	}
	if run.EvaluationID != base.EvaluationID {
		return nil, fmt.Errorf("%s and %s are of different evaluations: %w", run.ID, base.ID, store.ErrConflict)
	}
	answer := &workflowv1.CompareEvaluationRunsResponse{Cases: compared(run.Results, base.Results)}
	run.Results, base.Results = nil, nil
	answer.Run, answer.Base = evaluationRunMessage(run), evaluationRunMessage(base)
	return answer, nil
}

func trialOf(caller identity.Caller, request *workflowv1.RunEvaluationRequest) (trial store.NewEvaluationRun, err error) {
	if name := request.GetNewId(); name != "" && !id.Valid(id.EvaluationRun, name) {
		return trial, refuse("new_id", problem.CodeInvalidFormat, "new_id must be an evaluation run's id or empty, such as %s", id.New(id.EvaluationRun))
	}
	parallel := int(request.GetMaxParallel())
	if parallel == 0 {
		parallel = usualParallel
	}
	if parallel < 1 || parallel > maxParallel {
		return trial, refuse("max_parallel", problem.CodeOutOfRange, "max_parallel must be from 1 to %d, got %d", maxParallel, parallel)
	}
	if request.GetVersion() < 0 {
		return trial, refuse("version", problem.CodeOutOfRange, "version must be 1 or more, or 0 for the newest, got %d", request.GetVersion())
	}
	b, err := budgetOf(request.GetBudget())
	return store.NewEvaluationRun{
		ID: request.GetNewId(), MaxParallel: parallel, By: store.ActorOf(caller),
		Budget: store.Budget{Cost: b.CostMicroUSD, Tokens: b.Tokens, Steps: b.Steps, ToolCalls: b.ToolCalls},
	}, err
}

// version is the one that is asked for, if it is there, or the newest.
func (e *Evaluations) version(ctx context.Context, caller identity.Caller, workflow string, wanted int) (int, error) {
	newest, err := e.store.Workflows().PublishedVersion(ctx, caller.Workspace, workflow)
	if err != nil || wanted == 0 {
		return newest, err
	}
	if wanted > newest {
		return 0, store.Missing("version", strconv.Itoa(wanted))
	}
	return wanted, nil
}

// compared pairs cases by their names; those that are gone come last.
func compared(results, base []store.EvaluationResult) (cases []*workflowv1.ComparedCase) {
	earlier := map[string]store.EvaluationResult{}
	for _, r := range base {
		earlier[r.Name] = r
	}
	for _, r := range results {
		c := &workflowv1.ComparedCase{Name: r.Name, Status: resultStatus(r.Status), Score: r.Score, Reason: r.Reason}
		if before, there := earlier[r.Name]; there {
			c.BaseStatus, c.BaseScore = resultStatus(before.Status), before.Score
			delete(earlier, r.Name)
		}
		cases = append(cases, c)
	}
	for _, r := range base {
		if _, gone := earlier[r.Name]; gone {
			cases = append(cases, &workflowv1.ComparedCase{Name: r.Name, BaseStatus: resultStatus(r.Status), BaseScore: r.Score})
		}
	}
	return cases
}

func resultStatus(word string) workflowv1.ResultStatus {
	return workflowv1.ResultStatus(number(workflowv1.ResultStatus_value, resultStatusPrefix, word))
}

func evaluationRunMessage(r store.EvaluationRun) *workflowv1.EvaluationRun {
	message := &workflowv1.EvaluationRun{
		Id: r.ID, EvaluationId: r.EvaluationID, WorkflowId: r.WorkflowID, Version: r.Version, CaseCount: r.CaseCount, Passed: r.Passed, Failed: r.Failed,
		Created: actorMessage(r.CreatedBy, r.CreatedAt), EndTime: timestamp(r.EndedAt),
	}
	for _, one := range r.Results {
		message.Results = append(message.Results, &workflowv1.EvaluationResult{
			Name: one.Name, RunId: one.RunID, Status: resultStatus(one.Status), Score: one.Score, Reason: one.Reason,
		})
	}
	return message
}
