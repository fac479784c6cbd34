package grpcapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/agentteam/agentteam/apps/workflow/internal/store/storetest"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const asking = `{"schema": "agentteam/v1", "name": "Ask secretly", "inputs": {"type": "object"},
	"nodes": [{"id": "ask", "type": "approval", "config": {"title": "Secretly go on?"}}], "edges": []}`

const oneCase = `[{"name": "secret", "expect": {"type": "exact", "value": 1}}]`

// belongings is one of everything that a workspace can have.
type belongings struct{ workflow, run, approval, artifact, digest, evaluation, trial string }

// furnish fills the world's workspace through the API, up to a run that waits for a person.
func furnish(t *testing.T, w *world) (b belongings) {
	t.Helper()
	ctx, workflows := w.owner(t), workflowv1.NewWorkflowServiceClient(w.conn)
	created, err := workflows.CreateWorkflow(ctx, &workflowv1.CreateWorkflowRequest{DocumentJson: asking})
	if err != nil {
		t.Fatal(err)
	}
	b.workflow = created.GetWorkflow().GetId()
	if _, err := workflows.PublishWorkflow(ctx, &workflowv1.PublishWorkflowRequest{Id: b.workflow}); err != nil {
		t.Fatal(err)
	}
	started, err := w.runs.StartRun(ctx, &workflowv1.StartRunRequest{WorkflowId: b.workflow, InputsJson: `{"secret": 1}`})
	if err != nil {
		t.Fatal(err)
	}
	evaluations := workflowv1.NewEvaluationServiceClient(w.conn)
	made, err := evaluations.CreateEvaluation(ctx, &workflowv1.CreateEvaluationRequest{WorkflowId: b.workflow, Name: "Secret", CasesJson: oneCase})
	if err != nil {
		t.Fatal(err)
	}
	b.evaluation = made.GetEvaluation().GetId()
	tried, err := evaluations.RunEvaluation(ctx, &workflowv1.RunEvaluationRequest{Id: b.evaluation})
	if err != nil {
		t.Fatal(err)
	}
	b.trial = tried.GetRun().GetId()
	b.run, b.artifact = started.GetRun().GetId(), id.New(id.Artifact)
	storetest.Exec(t, w.pool, w.workspace, `INSERT INTO artifacts (id, workspace_id, run_id, media_type, content) VALUES ($1, $2, $3, 'text/plain', 'secret')`,
		b.artifact, w.workspace, b.run)
	for deadline := time.Now().Add(20 * time.Second); b.approval == ""; time.Sleep(20 * time.Millisecond) {
		list, err := w.approvals.ListApprovals(ctx, &workflowv1.ListApprovalsRequest{RunId: b.run})
		if err != nil || time.Now().After(deadline) {
			t.Fatal("the run does not ask", err)
		}
		for _, approval := range list.GetApprovals() {
			b.approval, b.digest = approval.GetId(), approval.GetDigest()
		}
	}
	return b
}

// trial is a call with another workspace's ids.
type trial struct {
	request proto.Message
	// nothing: the call names things only to filter by, or none at all, and finds nothing instead of failing.
	nothing bool
}

// trials has an entry for every method of the API; a method without one fails the test.
func trials(b belongings) map[string]trial {
	subworkflow := fmt.Sprintf(`{"id": "sub", "type": "subworkflow", "config": {"workflow": "%s", "version": 1}}`, b.workflow)
	document := `{"schema": "agentteam/v1", "name": "Thief", "inputs": {"type": "object"}, "nodes": [` + subworkflow + `], "edges": []}`
	return map[string]trial{
		"GetEngineInfo":         {request: &workflowv1.GetEngineInfoRequest{}, nothing: true},
		"CreateWorkflow":        {request: &workflowv1.CreateWorkflowRequest{DocumentJson: document}, nothing: true},
		"GetWorkflow":           {request: &workflowv1.GetWorkflowRequest{Id: b.workflow}},
		"ListWorkflows":         {request: &workflowv1.ListWorkflowsRequest{NameContains: "secret"}, nothing: true},
		"UpdateWorkflow":        {request: &workflowv1.UpdateWorkflowRequest{Id: b.workflow, DocumentJson: asking}},
		"DeleteWorkflow":        {request: &workflowv1.DeleteWorkflowRequest{Id: b.workflow}},
		"ValidateDocument":      {request: &workflowv1.ValidateDocumentRequest{DocumentJson: document}, nothing: true},
		"PublishWorkflow":       {request: &workflowv1.PublishWorkflowRequest{Id: b.workflow}},
		"GetVersion":            {request: &workflowv1.GetVersionRequest{WorkflowId: b.workflow, Version: 1}},
		"ListVersions":          {request: &workflowv1.ListVersionsRequest{WorkflowId: b.workflow}},
		"RollbackWorkflow":      {request: &workflowv1.RollbackWorkflowRequest{Id: b.workflow, Version: 1}},
		"GenerateWorkflow":      {request: &workflowv1.GenerateWorkflowRequest{Description: "Steal", Writer: &workflowv1.Writer{Provider: "openai", Model: "m"}}, nothing: true},
		"RefineWorkflow":        {request: &workflowv1.RefineWorkflowRequest{Id: b.workflow, Instruction: "Steal", Writer: &workflowv1.Writer{Provider: "openai", Model: "m"}}},
		"CreateEvaluation":      {request: &workflowv1.CreateEvaluationRequest{WorkflowId: b.workflow, Name: "Mine", CasesJson: oneCase}},
		"GetEvaluation":         {request: &workflowv1.GetEvaluationRequest{Id: b.evaluation}},
		"ListEvaluations":       {request: &workflowv1.ListEvaluationsRequest{WorkflowId: b.workflow}, nothing: true},
		"UpdateEvaluation":      {request: &workflowv1.UpdateEvaluationRequest{Id: b.evaluation, Name: "Mine", CasesJson: oneCase}},
		"DeleteEvaluation":      {request: &workflowv1.DeleteEvaluationRequest{Id: b.evaluation}},
		"RunEvaluation":         {request: &workflowv1.RunEvaluationRequest{Id: b.evaluation}},
		"GetEvaluationRun":      {request: &workflowv1.GetEvaluationRunRequest{Id: b.trial}},
		"ListEvaluationRuns":    {request: &workflowv1.ListEvaluationRunsRequest{EvaluationId: b.evaluation}},
		"CompareEvaluationRuns": {request: &workflowv1.CompareEvaluationRunsRequest{Id: b.trial, BaseId: b.trial}},
		"ListNodeTypes":         {request: &workflowv1.ListNodeTypesRequest{}, nothing: true},
		"ValidateNode":          {request: &workflowv1.ValidateNodeRequest{NodeJson: subworkflow}, nothing: true},
		"TestNode":              {request: &workflowv1.TestNodeRequest{NodeJson: `{"id": "t", "type": "transform", "config": {"value": 1}}`}, nothing: true},
		"StartRun":              {request: &workflowv1.StartRunRequest{WorkflowId: b.workflow, Version: 1}},
		"GetRun":                {request: &workflowv1.GetRunRequest{Id: b.run}},
		"ListRuns":              {request: &workflowv1.ListRunsRequest{WorkflowId: b.workflow}, nothing: true},
		"ListSteps":             {request: &workflowv1.ListStepsRequest{RunId: b.run}},
		"CancelRun":             {request: &workflowv1.CancelRunRequest{Id: b.run}},
		"RetryRun":              {request: &workflowv1.RetryRunRequest{Id: b.run}},
		"ForkRun":               {request: &workflowv1.ForkRunRequest{Id: b.run, FromStep: "ask"}},
		"ReplayRun":             {request: &workflowv1.ReplayRunRequest{Id: b.run}},
		"CompareReplay":         {request: &workflowv1.CompareReplayRequest{Id: b.run}},
		"ListRunEvents":         {request: &workflowv1.ListRunEventsRequest{RunId: b.run}},
		"StreamRunEvents":       {request: &workflowv1.StreamRunEventsRequest{RunId: b.run}},
		"GetArtifact":           {request: &workflowv1.GetArtifactRequest{Id: b.artifact}},
		"GetUsage":              {request: &workflowv1.GetUsageRequest{}, nothing: true},
		"ListApprovals":         {request: &workflowv1.ListApprovalsRequest{RunId: b.run}, nothing: true},
		"GetApproval":           {request: &workflowv1.GetApprovalRequest{Id: b.approval}},
		"DecideApproval":        {request: &workflowv1.DecideApprovalRequest{Id: b.approval, Digest: b.digest, Decision: workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED}},
	}
}

func TestAnotherWorkspacesThingsAreNotThere(t *testing.T) {
	w := newLivingWorld(t)
	b := furnish(t, w)
	before := w.contents(t, b)
	stranger := as(t, databasetest.Workspace(t, w.pool), identity.Owner)
	cases := trials(b)
	for _, m := range methods() {
		trial, known := cases[string(m.Name())]
		if !known {
			t.Errorf("there is no case for %s: what becomes of another workspace's ids?", m.Name())
			continue
		}
		answer, err := call(stranger, w.conn, m, trial.request)
		want := codes.NotFound
		if trial.nothing {
			want = codes.OK
		}
		expectCode(t, string(m.Name()), err, want)
		if text := protojson.Format(answer) + status.Convert(err).Message(); strings.Contains(strings.ToLower(text), "secret") {
			t.Errorf("%s tells a stranger: %s", m.Name(), text)
		}
	}
	// The stranger's own workflow, started or forked under an id that the other workspace has.
	other := *w
	other.workspace = databasetest.Workspace(t, w.pool)
	own := furnish(t, &other)
	if answer, err := w.runs.StartRun(other.owner(t), &workflowv1.StartRunRequest{Id: b.run, WorkflowId: own.workflow}); err == nil || status.Code(err) == codes.Internal {
		t.Errorf("a run's id of another workspace: %v, %v", answer, err)
	}
	if answer, err := w.runs.ForkRun(other.owner(t), &workflowv1.ForkRunRequest{Id: own.run, FromStep: "ask", NewId: b.run}); err == nil || status.Code(err) == codes.Internal {
		t.Errorf("a fork into a run of another workspace: %v, %v", answer, err)
	}
	if after := w.contents(t, b); after != before {
		t.Errorf("strangers changed\n%s\ninto\n%s", before, after)
	}
}

// contents is everything of the world's workspace, as its owner sees it.
func (w *world) contents(t *testing.T, b belongings) string {
	t.Helper()
	var parts []string
	for _, name := range []string{"GetWorkflow", "ListVersions", "GetRun", "ListSteps", "ListRunEvents", "GetApproval", "ListRuns", "GetEvaluation", "GetEvaluationRun", "ListEvaluationRuns"} {
		answer, err := call(w.owner(t), w.conn, method(t, name), trials(b)[name].request)
		if err != nil {
			t.Fatal(name, err)
		}
		text, err := proto.MarshalOptions{Deterministic: true}.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		quoted, err := json.Marshal(string(text))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, name+" "+string(quoted))
	}
	return strings.Join(parts, "\n")
}
