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

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
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
type belongings struct{ workflow, agent, run, approval, artifact, digest, credential, server, schedule, webhook, endpoint, delivery, thread, evaluation, trial string }

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
	b.agent = hire(t, w, `{"name": "Secret agent", "provider": "openai", "model": "m", "instructions": "Be secretive."}`)
	thread, err := workflowv1.NewThreadServiceClient(w.conn).CreateThread(ctx, &workflowv1.CreateThreadRequest{Title: "Secret"})
	if err != nil {
		t.Fatal(err)
	}
	b.thread = thread.GetThread().GetId()
	if _, err := workflowv1.NewMemoryServiceClient(w.conn).PutMemory(ctx, &workflowv1.PutMemoryRequest{Namespace: "n", Key: "k", ValueJson: `"secret"`}); err != nil {
		t.Fatal(err)
	}
	if _, err := workflowv1.NewDocumentServiceClient(w.conn).PutDocument(ctx, &workflowv1.PutDocumentRequest{Name: "d", Text: "a secret plan"}); err != nil {
		t.Fatal(err)
	}
	started, err := w.runs.StartRun(ctx, &workflowv1.StartRunRequest{WorkflowId: b.workflow, InputsJson: `{"secret": 1}`, ThreadId: b.thread})
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
	kept, err := workflowv1.NewCredentialServiceClient(w.conn).CreateCredential(ctx, secretCredential())
	if err != nil {
		t.Fatal(err)
	}
	b.credential = kept.GetCredential().GetId()
	server, err := store.New(w.pool).CreateMCPServer(t.Context(), w.workspace, store.MCPServer{
		Name: "Secret", URL: "http://127.0.0.1:1", Approval: store.ApproveNever, ToolApprovals: map[string]string{}, Tools: []store.MCPTool{},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.server = server.ID
	scheduled, err := workflowv1.NewScheduleServiceClient(w.conn).CreateSchedule(ctx, &workflowv1.CreateScheduleRequest{Spec: b.spec()})
	if err != nil {
		t.Fatal(err)
	}
	b.schedule = scheduled.GetSchedule().GetId()
	hook, err := workflowv1.NewWebhookServiceClient(w.conn).CreateWebhook(ctx, b.hook())
	if err != nil {
		t.Fatal(err)
	}
	b.webhook = hook.GetWebhook().GetId()
	endpoint, err := workflowv1.NewEndpointServiceClient(w.conn).CreateEndpoint(ctx, &workflowv1.CreateEndpointRequest{Url: "https://secret.example", EventTypes: store.EventTypes()})
	if err != nil {
		t.Fatal(err)
	}
	b.endpoint, b.delivery = endpoint.GetEndpoint().GetId(), "dlv_"+b.run
	storetest.Exec(t, w.pool, w.workspace, `INSERT INTO endpoint_deliveries (id, workspace_id, endpoint_id, event_type, run_id, payload) VALUES ($1, $2, $3, 'run.failed', $4, '{}')`,
		b.delivery, w.workspace, b.endpoint, b.run)
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

// hire publishes an agent.
func hire(t *testing.T, w *world, document string) string {
	t.Helper()
	agents := workflowv1.NewAgentServiceClient(w.conn)
	created, err := agents.CreateAgent(w.owner(t), &workflowv1.CreateAgentRequest{DocumentJson: document})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := agents.PublishAgent(w.owner(t), &workflowv1.PublishAgentRequest{Id: created.GetAgent().GetId()}); err != nil {
		t.Fatal(err)
	}
	return created.GetAgent().GetId()
}

func secretCredential() *workflowv1.CreateCredentialRequest {
	return &workflowv1.CreateCredentialRequest{
		Name: "Secret", Kind: workflowv1.CredentialKind_CREDENTIAL_KIND_BEARER, Origins: []string{"https://api.example.com"}, Value: "secret-value",
	}
}

// spec is of a schedule that is due once a year, of the other workspace's workflow.
func (b belongings) spec() *workflowv1.ScheduleSpec {
	return &workflowv1.ScheduleSpec{Name: "Secret yearly", WorkflowId: b.workflow, Cron: "@yearly"}
}

func (b belongings) hook() *workflowv1.CreateWebhookRequest {
	return &workflowv1.CreateWebhookRequest{Name: "Secret pushes", Form: workflowv1.WebhookForm_WEBHOOK_FORM_GITHUB, WorkflowId: b.workflow}
}

// trial is a call with another workspace's ids.
type trial struct {
	request proto.Message
	// nothing: the call names things only to filter by, or none at all, and finds nothing instead of failing.
	nothing bool
	// nobody: the call has an authority of its own, which a stranger has not.
	nobody bool
}

// trials has an entry for every method of the API; a method without one fails the test.
func trials(b belongings) map[string]trial {
	subworkflow := fmt.Sprintf(`{"id": "sub", "type": "subworkflow", "config": {"workflow": "%s", "version": 1}}`, b.workflow)
	agent := fmt.Sprintf(`{"id": "agent", "type": "agent", "config": {"agent": "%s", "version": 1, "prompt": "?"}}`, b.agent)
	document := `{"schema": "agentteam/v1", "name": "Thief", "inputs": {"type": "object"}, "nodes": [` + subworkflow + `, ` + agent + `], "edges": []}`
	other := `{"name": "Thief", "provider": "openai", "model": "m"}`
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
		"CreateAgent":           {request: &workflowv1.CreateAgentRequest{DocumentJson: other}, nothing: true},
		"GetAgent":              {request: &workflowv1.GetAgentRequest{Id: b.agent}},
		"ListAgents":            {request: &workflowv1.ListAgentsRequest{NameContains: "secret"}, nothing: true},
		"UpdateAgent":           {request: &workflowv1.UpdateAgentRequest{Id: b.agent, DocumentJson: other}},
		"DeleteAgent":           {request: &workflowv1.DeleteAgentRequest{Id: b.agent}},
		"ValidateAgent":         {request: &workflowv1.ValidateAgentRequest{DocumentJson: other}, nothing: true},
		"PublishAgent":          {request: &workflowv1.PublishAgentRequest{Id: b.agent}},
		"GetAgentVersion":       {request: &workflowv1.GetAgentVersionRequest{AgentId: b.agent, Version: 1}},
		"ListAgentVersions":     {request: &workflowv1.ListAgentVersionsRequest{AgentId: b.agent}},
		"RollbackAgent":         {request: &workflowv1.RollbackAgentRequest{Id: b.agent, Version: 1}},
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
		"CreateSchedule":        {request: &workflowv1.CreateScheduleRequest{Spec: b.spec()}},
		"GetSchedule":           {request: &workflowv1.GetScheduleRequest{Id: b.schedule}},
		"ListSchedules":         {request: &workflowv1.ListSchedulesRequest{WorkflowId: b.workflow}, nothing: true},
		"UpdateSchedule":        {request: &workflowv1.UpdateScheduleRequest{Id: b.schedule, Spec: b.spec()}},
		"DeleteSchedule":        {request: &workflowv1.DeleteScheduleRequest{Id: b.schedule}},
		"PauseSchedule":         {request: &workflowv1.PauseScheduleRequest{Id: b.schedule}},
		"ResumeSchedule":        {request: &workflowv1.ResumeScheduleRequest{Id: b.schedule}},
		"TriggerSchedule":       {request: &workflowv1.TriggerScheduleRequest{Id: b.schedule}},
		"ListTicks":             {request: &workflowv1.ListTicksRequest{ScheduleId: b.schedule}},
		"CreateWebhook":         {request: b.hook()},
		"GetWebhook":            {request: &workflowv1.GetWebhookRequest{Id: b.webhook}},
		"ListWebhooks":          {request: &workflowv1.ListWebhooksRequest{}, nothing: true},
		"DeleteWebhook":         {request: &workflowv1.DeleteWebhookRequest{Id: b.webhook}},
		"ReceiveWebhook":        {request: &workflowv1.ReceiveWebhookRequest{Id: b.webhook}, nobody: true},
		"CreateEndpoint":        {request: &workflowv1.CreateEndpointRequest{Url: "https://example.com", EventTypes: store.EventTypes()}, nothing: true},
		"GetEndpoint":           {request: &workflowv1.GetEndpointRequest{Id: b.endpoint}},
		"ListEndpoints":         {request: &workflowv1.ListEndpointsRequest{}, nothing: true},
		"UpdateEndpoint":        {request: &workflowv1.UpdateEndpointRequest{Id: b.endpoint, Url: "https://example.com", EventTypes: store.EventTypes()}},
		"DeleteEndpoint":        {request: &workflowv1.DeleteEndpointRequest{Id: b.endpoint}},
		"RotateEndpointSecret":  {request: &workflowv1.RotateEndpointSecretRequest{Id: b.endpoint}},
		"ListDeliveries":        {request: &workflowv1.ListDeliveriesRequest{EndpointId: b.endpoint}},
		"Redeliver":             {request: &workflowv1.RedeliverRequest{EndpointId: b.endpoint, DeliveryId: b.delivery}},
		"GetUsage":              {request: &workflowv1.GetUsageRequest{}, nothing: true},
		"CreateCredential":      {request: &workflowv1.CreateCredentialRequest{Name: "Own", Kind: 1, Origins: []string{"https://api.example.com"}, Value: "hunter2-hunter2"}, nothing: true},
		"GetCredential":         {request: &workflowv1.GetCredentialRequest{Id: b.credential}},
		"ListCredentials":       {request: &workflowv1.ListCredentialsRequest{}, nothing: true},
		"DeleteCredential":      {request: &workflowv1.DeleteCredentialRequest{Id: b.credential}},
		"CreateMCPServer":       {request: &workflowv1.CreateMCPServerRequest{Name: "Own", Url: "https://api.example.com", CredentialId: b.credential}},
		"GetMCPServer":          {request: &workflowv1.GetMCPServerRequest{Id: b.server}},
		"ListMCPServers":        {request: &workflowv1.ListMCPServersRequest{}, nothing: true},
		"RefreshMCPServer":      {request: &workflowv1.RefreshMCPServerRequest{Id: b.server}},
		"DeleteMCPServer":       {request: &workflowv1.DeleteMCPServerRequest{Id: b.server}},
		"GetMemory":             {request: &workflowv1.GetMemoryRequest{Namespace: "n", Key: "k"}},
		"DeleteMemory":          {request: &workflowv1.DeleteMemoryRequest{Namespace: "n", Key: "k"}},
		"ListMemory":            {request: &workflowv1.ListMemoryRequest{Namespace: "n"}, nothing: true},
		"PutMemory":             {request: &workflowv1.PutMemoryRequest{Namespace: "n", Key: "mine", ValueJson: `1`}, nothing: true},
		"GetDocument":           {request: &workflowv1.GetDocumentRequest{Name: "d"}},
		"DeleteDocument":        {request: &workflowv1.DeleteDocumentRequest{Name: "d"}},
		"ListDocuments":         {request: &workflowv1.ListDocumentsRequest{}, nothing: true},
		"PutDocument":           {request: &workflowv1.PutDocumentRequest{Name: "mine", Text: "my own plan"}, nothing: true},
		"SearchDocuments":       {request: &workflowv1.SearchDocumentsRequest{Query: "plan"}, nothing: true},
		"CreateThread":          {request: &workflowv1.CreateThreadRequest{Id: b.thread}},
		"GetThread":             {request: &workflowv1.GetThreadRequest{Id: b.thread}},
		"ListThreads":           {request: &workflowv1.ListThreadsRequest{}, nothing: true},
		"DeleteThread":          {request: &workflowv1.DeleteThreadRequest{Id: b.thread}},
		"ListMessages":          {request: &workflowv1.ListMessagesRequest{ThreadId: b.thread}},
		"AppendMessages":        {request: &workflowv1.AppendMessagesRequest{ThreadId: b.thread, Messages: say(workflowv1.MessageRole_MESSAGE_ROLE_USER, "x")}},
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
		if trial.nobody {
			want = codes.Unauthenticated
			answer, err = nil, status.Error(status.Code(err), "") // the words are the same for a webhook that is not there, and name a secret
		}
		expectCode(t, string(m.Name()), err, want)
		if text := protojson.Format(answer) + status.Convert(err).Message(); strings.Contains(strings.ToLower(strings.ReplaceAll(text, `"secret":`, "")), "secret") {
			t.Errorf("%s tells a stranger: %s", m.Name(), text)
		}
	}
	_, err := w.runs.StartRun(stranger, &workflowv1.StartRunRequest{WorkflowId: b.agent, InputsJson: `{"prompt": "?"}`})
	expectCode(t, "a run of another workspace's agent", err, codes.NotFound)
	validated, err := workflowv1.NewWorkflowServiceClient(w.conn).ValidateDocument(stranger, cases["ValidateDocument"].request.(*workflowv1.ValidateDocumentRequest))
	if err != nil || len(validated.GetProblems()) != 2 {
		t.Errorf("a document with another workspace's things has the problems %v, %v", validated, err)
	}
	// The stranger's own workflow, started or forked under an id that the other workspace has.
	other := *w
	other.workspace = databasetest.Workspace(t, w.pool)
	own := furnish(t, &other)
	if answer, err := w.runs.StartRun(other.owner(t), &workflowv1.StartRunRequest{Id: b.run, WorkflowId: own.workflow}); err == nil || status.Code(err) == codes.Internal {
		t.Errorf("a run's id of another workspace: %v, %v", answer, err)
	}
	if answer, err := w.runs.StartRun(other.owner(t), &workflowv1.StartRunRequest{WorkflowId: own.workflow, ThreadId: b.thread}); status.Code(err) != codes.NotFound {
		t.Errorf("a run of another workspace's thread: %v, %v", answer, err)
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
	for _, name := range []string{"GetWorkflow", "ListVersions", "GetAgent", "ListAgentVersions", "GetRun", "ListSteps", "ListRunEvents", "GetApproval", "ListRuns",
		"GetCredential", "GetMCPServer", "GetSchedule", "ListTicks", "GetWebhook", "GetEndpoint", "ListDeliveries",
		"GetThread", "ListMessages", "GetMemory", "ListMemory", "GetDocument", "ListDocuments", "SearchDocuments", "GetEvaluation", "GetEvaluationRun", "ListEvaluationRuns"} {
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
