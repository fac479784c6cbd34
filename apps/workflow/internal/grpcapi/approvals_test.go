package grpcapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/agentteam/agentteam/apps/workflow/internal/store/storetest"
	"github.com/agentteam/agentteam/internal/id"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const (
	approved = workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED
	rejected = workflowv1.ApprovalStatus_APPROVAL_STATUS_REJECTED
)

func TestADecisionIsBoundToItsDigestAndTakenOnce(t *testing.T) {
	w := newLivingWorld(t)
	b := furnish(t, w)
	decide := func(digest string, decision workflowv1.ApprovalStatus) (*workflowv1.DecideApprovalResponse, error) {
		return w.approvals.DecideApproval(w.owner(t), &workflowv1.DecideApprovalRequest{Id: b.approval, Digest: digest, Decision: decision, Comment: "fine"})
	}
	_, err := decide(strings.Repeat("0", 64), approved)
	expectCode(t, "another digest", err, codes.FailedPrecondition)
	answer, err := decide(b.digest, approved)
	if err != nil {
		t.Fatal(err)
	}
	got := answer.GetApproval()
	if got.GetStatus() != approved || got.GetDecided().GetSubject() != "ada" || got.GetComment() != "fine" || got.GetKind() != workflowv1.ApprovalKind_APPROVAL_KIND_APPROVAL {
		t.Errorf("got %v", got)
	}
	_, err = decide(b.digest, rejected)
	expectCode(t, "another decision", err, codes.FailedPrecondition)

	stream, err := w.runs.StreamRunEvents(w.owner(t), &workflowv1.StreamRunEventsRequest{RunId: b.run})
	if err != nil {
		t.Fatal(err)
	}
	seqs, err := read(stream)
	if err != nil || len(seqs) == 0 || seqs[len(seqs)-1] != int64(len(seqs)) {
		t.Errorf("events %v, %v", seqs, err)
	}
	run, err := w.runs.GetRun(w.owner(t), &workflowv1.GetRunRequest{Id: b.run})
	if err != nil || run.GetRun().GetStatus() != workflowv1.RunStatus_RUN_STATUS_COMPLETED {
		t.Errorf("the run is %v, %v", run, err)
	}
	_, err = w.runs.RetryRun(w.owner(t), &workflowv1.RetryRunRequest{Id: b.run})
	expectCode(t, "a retry of a completed run", err, codes.FailedPrecondition)
}

func TestTheSameIDStartsTheSameRun(t *testing.T) {
	w := newLivingWorld(t)
	b := furnish(t, w)
	request := &workflowv1.StartRunRequest{Id: id.New(id.Run), WorkflowId: b.workflow}
	for range 2 {
		answer, err := w.runs.StartRun(w.owner(t), request)
		if err != nil || answer.GetRun().GetId() != request.GetId() {
			t.Fatal(answer, err)
		}
	}
	list, err := w.runs.ListRuns(w.owner(t), &workflowv1.ListRunsRequest{WorkflowId: b.workflow})
	if err != nil || len(list.GetRuns()) != 2 {
		t.Errorf("want that run and the one before, got %v, %v", list, err)
	}
	canceled, err := w.runs.CancelRun(w.owner(t), &workflowv1.CancelRunRequest{Id: request.GetId(), Reason: "enough"})
	if err != nil || canceled.GetRun().GetStatus() != workflowv1.RunStatus_RUN_STATUS_CANCELED {
		t.Errorf("canceled: %v, %v", canceled, err)
	}
	for name, workflow := range map[string]string{"no workflow": id.New(id.Workflow), "no id": "wfl_\x00"} {
		_, err = w.runs.StartRun(w.owner(t), &workflowv1.StartRunRequest{WorkflowId: workflow})
		expectCode(t, name, err, codes.NotFound)
		runs, err := w.runs.ListRuns(w.owner(t), &workflowv1.ListRunsRequest{WorkflowId: workflow})
		if err != nil || len(runs.GetRuns()) != 0 {
			t.Errorf("runs of %s: %v, %v", name, runs, err)
		}
	}
}

func TestListApprovalsPagesByNumberAndSize(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	large := `"` + strings.Repeat("x", 600<<10) + `"`
	var made []string
	for n := range 7 {
		made = append(made, id.New(id.Approval))
		storetest.Exec(t, w.pool, w.workspace, `INSERT INTO approvals (id, workspace_id, run_id, step, kind, status, title, details, digest)
			VALUES ($1, $2, $3, $4, 'approval', $5, 'Go on?', $6, '')`, made[n], w.workspace, run, fmt.Sprintf("ask[%d]", n), []string{"pending", "approved"}[n%2], large)
	}
	slices.Reverse(made)
	list := func(statuses ...workflowv1.ApprovalStatus) (ids []string, pages int) {
		for token := ""; pages == 0 || token != ""; pages++ {
			answer, err := w.approvals.ListApprovals(w.owner(t), &workflowv1.ListApprovalsRequest{RunId: run, Statuses: statuses, Page: &workflowv1.Page{Token: token, Size: 4}})
			if err != nil {
				t.Fatal(err)
			}
			for _, approval := range answer.GetApprovals() {
				ids = append(ids, approval.GetId())
			}
			token = answer.GetNextToken()
		}
		return ids, pages
	}
	if ids, pages := list(); !slices.Equal(ids, made) || pages != 3 { // 2 MiB hold three of them
		t.Errorf("%v in %d pages, want %v", ids, pages, made)
	}
	if ids, pages := list(workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED); !slices.Equal(ids, []string{made[1], made[3], made[5]}) || pages != 1 {
		t.Errorf("approved: %v in %d pages", ids, pages)
	}
}
