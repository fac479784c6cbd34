package grpcapi_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/store/storetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// TestWhatIsOutOfBoundsIsRefused sends one bad value each; the message names the field.
func TestWhatIsOutOfBoundsIsRefused(t *testing.T) {
	w := newWorld(t)
	run := storetest.Run(t, w.pool, w.workspace)
	storetest.Append(t, w.pool, w.workspace, run, "run.queued")
	digest := strings.Repeat("a", 64)
	workflow, approval := id.New(id.Workflow), id.New(id.Approval)
	anotherList := paging.Encode(paging.Cursor{Kind: "workflows", ID: "x"})
	approved := workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED
	for _, test := range []struct {
		method  string
		request proto.Message
		field   string
	}{
		{"GenerateWorkflow", &workflowv1.GenerateWorkflowRequest{Writer: &workflowv1.Writer{Provider: "openai", Model: "m"}}, "description"},
		{"GenerateWorkflow", &workflowv1.GenerateWorkflowRequest{Description: strings.Repeat("ä", 20_001), Writer: &workflowv1.Writer{Provider: "openai", Model: "m"}}, "description"},
		{"GenerateWorkflow", &workflowv1.GenerateWorkflowRequest{Description: "x", Writer: &workflowv1.Writer{Provider: "mistral", Model: "m"}}, "provider"},
		{"GenerateWorkflow", &workflowv1.GenerateWorkflowRequest{Description: "x", Writer: &workflowv1.Writer{Provider: "openai"}}, "model"},
		{"GenerateWorkflow", &workflowv1.GenerateWorkflowRequest{Description: "x", Writer: &workflowv1.Writer{Provider: "openai", Model: "m", MaxAttempts: 6}}, "max_attempts"},
		{"CreateEvaluation", &workflowv1.CreateEvaluationRequest{WorkflowId: workflow, CasesJson: oneCase}, "name"},
		{"CreateEvaluation", &workflowv1.CreateEvaluationRequest{WorkflowId: workflow, Name: "x", CasesJson: "[]"}, "/cases"},
		{"UpdateEvaluation", &workflowv1.UpdateEvaluationRequest{Id: id.New(id.Evaluation), Revision: -1}, "revision"},
		{"RunEvaluation", &workflowv1.RunEvaluationRequest{Id: id.New(id.Evaluation), MaxParallel: 21}, "max_parallel"},
		{"RunEvaluation", &workflowv1.RunEvaluationRequest{Id: id.New(id.Evaluation), Version: -1}, "version"},
		{"RunEvaluation", &workflowv1.RunEvaluationRequest{Id: id.New(id.Evaluation), NewId: "evr_1"}, "new_id"},
		{"RefineWorkflow", &workflowv1.RefineWorkflowRequest{Id: workflow, Revision: -1}, "revision"},
		{"StartRun", &workflowv1.StartRunRequest{Id: "run_1", WorkflowId: workflow}, "id"},
		{"StartRun", &workflowv1.StartRunRequest{WorkflowId: workflow, Version: -1}, "version"},
		{"StartRun", &workflowv1.StartRunRequest{WorkflowId: workflow, InputsJson: `{"a":`}, "inputs_json"},
		{"StartRun", &workflowv1.StartRunRequest{WorkflowId: workflow, InputsJson: `"` + strings.Repeat("x", 1<<20) + `"`}, "inputs_json"},
		{"StartRun", &workflowv1.StartRunRequest{WorkflowId: workflow, Budget: &workflowv1.Budget{Steps: -1}}, "budget.steps"},
		{"CancelRun", &workflowv1.CancelRunRequest{Id: run, Reason: strings.Repeat("ä", 2001)}, "reason"},
		{"RetryRun", &workflowv1.RetryRunRequest{Id: run, FromStep: strings.Repeat("a", 1001)}, "from_step"},
		{"ForkRun", &workflowv1.ForkRunRequest{Id: run}, "from_step"},
		{"ForkRun", &workflowv1.ForkRunRequest{Id: run, FromStep: "a", NewId: "wfl_1"}, "new_id"},
		{"ForkRun", &workflowv1.ForkRunRequest{Id: run, Reuse: []string{"a", ""}}, "reuse"},
		{"ForkRun", &workflowv1.ForkRunRequest{Id: run, Reuse: make([]string, 501)}, "reuse"},
		{"ReplayRun", &workflowv1.ReplayRunRequest{Id: run, Version: -1}, "version"},
		{"ReplayRun", &workflowv1.ReplayRunRequest{Id: run, NewId: "wfl_1"}, "new_id"},
		{"ListRuns", &workflowv1.ListRunsRequest{Page: &workflowv1.Page{Token: "?"}}, "page.token"},
		{"ListRuns", &workflowv1.ListRunsRequest{Page: &workflowv1.Page{Token: anotherList}}, "page.token"},
		{"ListRuns", &workflowv1.ListRunsRequest{Statuses: []workflowv1.RunStatus{0}}, "statuses"},
		{"ListRuns", &workflowv1.ListRunsRequest{Statuses: []workflowv1.RunStatus{99}}, "statuses"},
		{"ListRuns", &workflowv1.ListRunsRequest{Statuses: make([]workflowv1.RunStatus, 21)}, "statuses"},
		{"ListRuns", &workflowv1.ListRunsRequest{CreatedAfter: &timestamppb.Timestamp{Nanos: -1}}, "created_after"},
		{"ListSteps", &workflowv1.ListStepsRequest{RunId: run, Statuses: []workflowv1.StepStatus{7}}, "statuses"},
		{"ListRunEvents", &workflowv1.ListRunEventsRequest{RunId: run, After: -1}, "after"},
		{"ListRunEvents", &workflowv1.ListRunEventsRequest{RunId: run, After: 2}, "after"},
		{"StreamRunEvents", &workflowv1.StreamRunEventsRequest{RunId: run, After: -1}, "after"},
		{"StreamRunEvents", &workflowv1.StreamRunEventsRequest{RunId: run, After: 2}, "after"},
		{"GetUsage", &workflowv1.GetUsageRequest{From: timestamppb.Now(), To: &timestamppb.Timestamp{Seconds: 1}}, "from"},
		{"DecideApproval", &workflowv1.DecideApprovalRequest{Id: approval, Digest: digest}, "decision"},
		{"DecideApproval", &workflowv1.DecideApprovalRequest{Id: approval, Digest: digest, Decision: workflowv1.ApprovalStatus_APPROVAL_STATUS_EXPIRED}, "decision"},
		{"DecideApproval", &workflowv1.DecideApprovalRequest{Id: approval, Digest: digest[1:], Decision: approved}, "digest"},
		{"DecideApproval", &workflowv1.DecideApprovalRequest{Id: approval, Digest: digest, Decision: approved, Comment: strings.Repeat("x", 10_001)}, "comment"},
		{"DecideApproval", &workflowv1.DecideApprovalRequest{Id: approval, Digest: digest, Decision: approved, DataJson: "{"}, "data_json"},
	} {
		_, err := call(w.owner(t), w.conn, method(t, test.method), test.request)
		if got := violated(err); status.Code(err) != codes.InvalidArgument || got != test.field || status.Convert(err).Message() == "" {
			t.Errorf("%s %s: got %v, field %q", test.method, test.field, err, got)
		}
	}
}
