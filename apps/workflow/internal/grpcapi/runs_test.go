package grpcapi_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/store/storetest"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func TestGetRunGivesTheWholeRun(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	storetest.Append(t, w.pool, w.workspace, run, "run.queued", "run.completed", "done")
	storetest.Exec(t, w.pool, w.workspace, `UPDATE runs SET started_at = created_at, budget_cost = 5, cost = 1, input_tokens = 2, output_tokens = 3,
		model_calls = 4, tool_calls = 6, steps = 7, failure = '{"code": "timeout", "message": "too slow", "step": "a"}', forked_from = 'run_x' WHERE id = $1`, run)
	answer, err := w.runs.GetRun(w.owner(t), &workflowv1.GetRunRequest{Id: run})
	if err != nil {
		t.Fatal(err)
	}
	got := answer.GetRun()
	if got.GetId() != run || got.GetStatus() != workflowv1.RunStatus_RUN_STATUS_COMPLETED || got.GetVersion() != 1 || got.GetLastSeq() != 3 ||
		got.GetInputsJson() != `{"topic": "tides"}` || got.GetOutputsJson() != `{"report": 1.50}` || got.GetForkedFrom() != "run_x" {
		t.Errorf("got %v", got)
	}
	if got.GetCreated().GetSubject() != "ada" || got.GetCreated().GetKind() != "user" || got.GetStartTime() == nil || got.GetEndTime() == nil {
		t.Errorf("got %v", got)
	}
	if f := got.GetFailure(); f.GetCode() != "timeout" || f.GetMessage() != "too slow" || f.GetStep() != "a" {
		t.Errorf("failure %v", f)
	}
	u := got.GetUsage()
	numbers := []int64{u.GetCostMicroUsd(), u.GetInputTokens(), u.GetOutputTokens(), u.GetModelCalls(), u.GetToolCalls(), u.GetSteps()}
	if !slices.Equal(numbers, []int64{1, 2, 3, 4, 6, 7}) || got.GetBudget().GetCostMicroUsd() != 5 {
		t.Errorf("usage %v", numbers)
	}
}

func TestListRuns(t *testing.T) {
	w := newWorld(t)
	var made []string
	for n := range 7 {
		run := storetest.Run(t, w.pool, w.workspace)
		at := time.Date(2026, 1, 1+n/2, 0, 0, 0, 0, time.UTC) // pairs share a moment: the id decides
		storetest.Exec(t, w.pool, w.workspace, `UPDATE runs SET created_at = $2, status = $3 WHERE id = $1`, run, at, []string{"running", "failed"}[n%2])
		made = append(made, run)
	}
	slices.Reverse(made)
	list := func(r *workflowv1.ListRunsRequest) (ids []string) {
		for pages := 1; ; pages++ {
			answer, err := w.runs.ListRuns(w.owner(t), r)
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range answer.GetRuns() {
				if run.GetInputsJson() != "" || run.GetOutputsJson() != "" {
					t.Errorf("the list holds inputs or outputs: %v", run)
				}
				ids = append(ids, run.GetId())
			}
			if r.Page = (&workflowv1.Page{Size: 3, Token: answer.GetNextToken()}); answer.GetNextToken() == "" {
				return ids
			}
			if pages > 5 {
				t.Fatal("the list does not end")
			}
		}
	}
	if got := list(&workflowv1.ListRunsRequest{Page: &workflowv1.Page{Size: 3}}); !slices.Equal(got, made) {
		t.Errorf("got %v, want %v", got, made)
	}
	failed := list(&workflowv1.ListRunsRequest{Statuses: []workflowv1.RunStatus{workflowv1.RunStatus_RUN_STATUS_FAILED}, Page: &workflowv1.Page{Size: 1}})
	if !slices.Equal(failed, []string{made[1], made[3], made[5]}) {
		t.Errorf("failed: %v of %v", failed, made)
	}
	between := list(&workflowv1.ListRunsRequest{
		CreatedAfter: timestamppb.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), CreatedBefore: timestamppb.New(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)),
	})
	if !slices.Equal(between, made[3:5]) {
		t.Errorf("between: %v of %v", between, made)
	}
	run, err := w.runs.GetRun(w.owner(t), &workflowv1.GetRunRequest{Id: made[2]})
	if err != nil {
		t.Fatal(err)
	}
	if got := list(&workflowv1.ListRunsRequest{WorkflowId: run.GetRun().GetWorkflowId()}); !slices.Equal(got, made[2:3]) {
		t.Errorf("of one workflow: %v", got)
	}
}

func TestListStepsPagesByNumberAndSize(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	large := `"` + strings.Repeat("x", 60<<10) + `"`
	for n := range 100 {
		status := []string{"completed", "failed"}[n%2]
		storetest.Exec(t, w.pool, w.workspace, `INSERT INTO steps (run_id, path, workspace_id, scope, node_id, type, status, output, failure)
			VALUES ($1, $2, $3, '', 'n', 'transform', $4, $5, '{"code": "timeout", "message": "slow"}')`, run, fmt.Sprintf("n[%d]/n", n), w.workspace, status, large)
	}
	var paths []string
	token, pages := "", 0
	for ; pages == 0 || token != ""; pages++ {
		answer, err := w.runs.ListSteps(w.owner(t), &workflowv1.ListStepsRequest{RunId: run, Page: &workflowv1.Page{Size: 80, Token: token}})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range answer.GetSteps() {
			paths = append(paths, step.GetPath())
			if step.GetOutputJson() != large || step.GetFailure().GetCode() != "timeout" || step.GetAttempt() != 1 || step.GetType() != "transform" {
				t.Fatalf("got %v", step.GetPath())
			}
		}
		token = answer.GetNextToken()
	}
	if len(paths) != 100 || paths[0] != "n[0]/n" || paths[99] != "n[99]/n" || pages != 3 { // 2 MiB hold 34 of them
		t.Errorf("%d steps in %d pages: %v", len(paths), pages, paths)
	}
	failed, err := w.runs.ListSteps(w.owner(t), &workflowv1.ListStepsRequest{
		RunId: run, Page: &workflowv1.Page{Size: 2}, Statuses: []workflowv1.StepStatus{workflowv1.StepStatus_STEP_STATUS_FAILED},
	})
	if err != nil || len(failed.GetSteps()) != 2 || failed.GetSteps()[1].GetPath() != "n[3]/n" {
		t.Errorf("failed: %v, %v", len(failed.GetSteps()), err)
	}
}

func TestListRunEvents(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	storetest.Append(t, w.pool, w.workspace, run, "run.queued", "run.started", "log")
	ask := func(after int64, limit int32) (string, bool) {
		answer, err := w.runs.ListRunEvents(w.owner(t), &workflowv1.ListRunEventsRequest{RunId: run, After: after, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		var types []string
		for _, event := range answer.GetEvents() {
			types = append(types, fmt.Sprintf("%d %s %s", event.GetSeq(), event.GetType(), event.GetDataJson()))
		}
		return strings.Join(types, ", "), answer.GetDone()
	}
	for _, test := range []struct {
		after int64
		limit int32
		want  string
		done  bool
	}{
		{0, 0, `1 run.queued {"n":1}, 2 run.started {"n":2}, 3 log {"n":3}`, false},
		{1, 1, `2 run.started {"n":2}`, false},
		{3, 0, ``, false},
	} {
		if got, done := ask(test.after, test.limit); got != test.want || done != test.done {
			t.Errorf("after %d: %s, %t", test.after, got, done)
		}
	}
	storetest.Append(t, w.pool, w.workspace, run, "done")
	if got, done := ask(2, 1); got != `3 log {"n":3}` || done {
		t.Errorf("before the end: %s, %t", got, done)
	}
	if got, done := ask(3, 1); got != `4 done {"n":4}` || !done {
		t.Errorf("to the end: %s, %t", got, done)
	}
	if got, done := ask(4, 0); got != "" || !done {
		t.Errorf("at the end: %s, %t", got, done)
	}
}

func TestAnArtifactOfTheLargestSizeIsRead(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	artifact, content := id.New(id.Artifact), bytes.Repeat([]byte("x"), 4<<20)
	storetest.Exec(t, w.pool, w.workspace, `INSERT INTO artifacts (id, workspace_id, run_id, media_type, content) VALUES ($1, $2, $3, 'application/json', $4)`,
		artifact, w.workspace, run, content)
	answer, err := w.runs.GetArtifact(w.owner(t), &workflowv1.GetArtifactRequest{Id: artifact})
	if err != nil || !bytes.Equal(answer.GetContent(), content) || answer.GetMediaType() != "application/json" || answer.GetRunId() != run {
		t.Errorf("%d bytes, %v", len(answer.GetContent()), err)
	}
}

func TestGetUsageSumsByDayAndModel(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	storetest.Exec(t, w.pool, w.workspace, `UPDATE runs SET created_at = '2026-03-02T00:30:00+01', steps = 9 WHERE id = $1`, run) // the first in UTC
	for n, c := range []struct{ kind, name, status, at string }{
		{"model", "openai/gpt-5-mini", "succeeded", "2026-03-01T23:59:59Z"},
		{"model", "openai/gpt-5-mini", "failed", "2026-03-01T10:00:00Z"},
		{"model", "openai/gpt-5-mini", "started", "2026-03-01T10:00:00Z"}, // not settled
		{"model", "anthropic/claude/x", "succeeded", "2026-03-02T00:00:00Z"},
		{"tool", "search", "unknown", "2026-03-02T00:00:00Z"},
		{"model", "openai/gpt-5-mini", "succeeded", "2026-03-03T00:00:00Z"}, // after the range
	} {
		storetest.Exec(t, w.pool, w.workspace, `INSERT INTO calls (run_id, step, attempt, generation, number, workspace_id, kind, name, status, input_tokens, output_tokens, cost, started_at)
			VALUES ($1, 's', 1, 1, $2, $3, $4, $5, $6, 10, 1, 100, $7)`, run, n, w.workspace, c.kind, c.name, c.status, c.at)
	}
	at := func(text string) *timestamppb.Timestamp {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return timestamppb.New(moment)
	}
	answer, err := w.runs.GetUsage(w.owner(t), &workflowv1.GetUsageRequest{From: at("2026-03-01T00:00:00Z"), To: at("2026-03-03T00:00:00Z")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range answer.GetLines() {
		u := l.GetUsage()
		numbers := []int64{u.GetModelCalls(), u.GetInputTokens(), u.GetOutputTokens(), u.GetCostMicroUsd(), u.GetToolCalls(), u.GetSteps()}
		got = append(got, fmt.Sprint(l.GetDay(), " ", l.GetProvider(), " ", l.GetModel(), " ", numbers))
	}
	want := []string{
		"2026-03-01   [0 0 0 0 0 9]", "2026-03-01 openai gpt-5-mini [2 20 2 200 0 0]",
		"2026-03-02   [0 10 1 100 1 0]", "2026-03-02 anthropic claude/x [1 10 1 100 0 0]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	stranger := as(t, databasetest.Workspace(t, w.pool), identity.Owner)
	answer, err = w.runs.GetUsage(stranger, &workflowv1.GetUsageRequest{From: at("2026-03-01T00:00:00Z"), To: at("2026-03-03T00:00:00Z")})
	if err != nil || len(answer.GetLines()) != 0 {
		t.Errorf("another workspace sees %v, %v", answer, err)
	}
	_, err = w.runs.GetUsage(w.owner(t), &workflowv1.GetUsageRequest{From: at("2025-03-01T00:00:00Z"), To: at("2026-03-03T00:00:00Z")})
	expectCode(t, "a range of 367 days", err, codes.InvalidArgument)
}
