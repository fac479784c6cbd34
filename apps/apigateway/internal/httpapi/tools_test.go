package httpapi_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// published is an engine with one workflow, and one run of it in some state.
func (w *world) published(state workflowv1.RunStatus) {
	made := &workflowv1.Actor{Subject: "u", Kind: "user", Time: timestamppb.Now()}
	run := func(id, inputs string) *workflowv1.Run {
		return &workflowv1.Run{Id: id, WorkflowId: "wfl_1", Version: 2, Status: state, InputsJson: inputs, Created: made, LastSeq: 1}
	}
	for method, answer := range map[string]any{
		"ListWorkflows": &workflowv1.ListWorkflowsResponse{Workflows: []*workflowv1.Workflow{{Id: "wfl_1", Name: "Greet", PublishedVersion: 2, Created: made, Updated: made}}},
		"GetWorkflow":   &workflowv1.GetWorkflowResponse{Workflow: &workflowv1.Workflow{Id: "wfl_1", Name: "Draft", PublishedVersion: 2, Created: made, Updated: made}},
		"GetVersion": &workflowv1.GetVersionResponse{Version: &workflowv1.Version{WorkflowId: "wfl_1", Version: 2, Published: made,
			DocumentJson: `{"name": "Greet", "description": "Says hello.", "inputs": {"type": "object"}, "outputs": {"text": "<${{ nodes.a.output }}>"}, "nodes": []}`}},
		"GetRun":    &workflowv1.GetRunResponse{Run: run("run_1", "{}")},
		"ListRuns":  &workflowv1.ListRunsResponse{Runs: []*workflowv1.Run{run("run_1", "")}, NextToken: "more"},
		"CancelRun": &workflowv1.CancelRunResponse{Run: run("run_1", "{}")},
		"ListApprovals": &workflowv1.ListApprovalsResponse{Approvals: []*workflowv1.Approval{{Id: "apr_1", RunId: "run_1", Step: "check", Title: "Send it?", Digest: "secret-digest",
			Kind: workflowv1.ApprovalKind_APPROVAL_KIND_APPROVAL, Status: workflowv1.ApprovalStatus_APPROVAL_STATUS_PENDING, RequestTime: timestamppb.Now()}}},
	} {
		w.engine.on(method, func(any) (any, error) { return answer, nil })
	}
	w.engine.on("StartRun", func(request any) (any, error) {
		r := request.(*workflowv1.StartRunRequest)
		return &workflowv1.StartRunResponse{Run: run(r.GetId(), r.GetInputsJson())}, nil
	})
	w.engine.keep(logged(3), true)
}

// TestToolsAnswerAsTheySay holds every tool's answer against the schema that it shows.
func TestToolsAnswerAsTheySay(t *testing.T) {
	w := newWorld(t)
	w.published(workflowv1.RunStatus_RUN_STATUS_PAUSED)
	session := w.connect(t, identity.Admin, nil)
	calls := map[string][2]string{
		"list_workflows": {`{"page_size": 10, "name": "gre"}`, `"published_version":2`},
		"get_workflow":   {`{"workflow": "wfl_1"}`, `{"name":"Greet","description":"Says hello.","inputs":{"type":"object"},"outputs":{"text":"<${{ nodes.a.output }}>"},"id":"wfl_1","version":2}`},
		"start_run":      {`{"workflow": "wfl_1", "version": 2, "inputs": {"a": 1}, "budget": {"usd": 1}, "wait_seconds": 1}`, `"pending_approvals":[{"id":"apr_1"`},
		"get_run":        {`{"run": "run_1", "wait_seconds": 25}`, `"pending_approvals":[{"id":"apr_1","step":"check","kind":"approval","title":"Send it?"`},
		"list_runs":      {`{"workflow": "wfl_1", "status": ["paused", "failed"], "page_token": "t"}`, `"next_page_token":"more"`},
		"get_run_events": {`{"run": "run_1", "after": 1, "limit": 2}`, `"next_after":"3","done":true`},
		"cancel_run":     {`{"run": "run_1", "reason": "enough"}`, `"status":"paused"`},
	}
	listed, err := session.ListTools(t.Context(), nil)
	if err != nil || len(listed.Tools) != len(calls) {
		t.Fatalf("%d tools, %v", len(listed.Tools), err)
	}
	for _, tool := range listed.Tools {
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool.Name, Arguments: json.RawMessage(calls[tool.Name][0])})
		if err != nil || result.IsError {
			t.Fatalf("%s: %v, %+v", tool.Name, err, result)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("mem:///output", tool.OutputSchema); err != nil {
			t.Fatal(err)
		}
		if err := compiler.MustCompile("mem:///output").Validate(result.StructuredContent); err != nil {
			t.Errorf("%s: %v", tool.Name, err)
		}
		text := result.Content[0].(*mcp.TextContent).Text
		if !strings.Contains(text, calls[tool.Name][1]) || strings.Contains(text, "secret-digest") {
			t.Errorf("%s: want %s in %s", tool.Name, calls[tool.Name][1], text)
		}
	}
}

func TestAWorkflowThatIsNotPublishedSaysSo(t *testing.T) {
	w := newWorld(t)
	w.engine.on("GetWorkflow", func(any) (any, error) {
		return &workflowv1.GetWorkflowResponse{Workflow: &workflowv1.Workflow{Id: "wfl_1", Name: "Draft", Description: "Not yet."}}, nil
	})
	text, failed := use(t, w.connect(t, identity.Viewer, nil), "get_workflow", `{"workflow":"wfl_1"}`)
	if want := `{"name":"Draft","description":"Not yet.","id":"wfl_1","version":0}`; failed || text != want {
		t.Errorf("want %s, got %s", want, text)
	}
}

func TestAToolsArgumentsReachTheEngineOnce(t *testing.T) {
	w := newWorld(t)
	w.published(workflowv1.RunStatus_RUN_STATUS_COMPLETED)
	var asked []*workflowv1.StartRunRequest
	w.engine.on("StartRun", func(request any) (any, error) {
		asked = append(asked, request.(*workflowv1.StartRunRequest))
		return &workflowv1.StartRunResponse{Run: &workflowv1.Run{Id: asked[0].GetId(), WorkflowId: "wfl_1"}}, nil
	})
	session := w.connect(t, identity.Admin, nil)
	arguments := `{"workflow":"wfl_1","version":2,"inputs":{"n":9007199254740993,"t":"<&>","x":1.50},"budget":{"tokens":7},"idempotency_key":"k-1"}`
	first, failed := use(t, session, "start_run", arguments)
	second, failedToo := use(t, session, "start_run", arguments)
	if failed || failedToo || first != second || len(asked) != 1 {
		t.Fatalf("%d calls: %s, then %s", len(asked), first, second)
	}
	if r := asked[0]; r.GetInputsJson() != `{"n":9007199254740993,"t":"<&>","x":1.50}` || r.GetVersion() != 2 || r.GetBudget().GetTokens() != 7 {
		t.Errorf("the engine was asked %v", r)
	}
	if text, failed := use(t, session, "start_run", strings.Replace(arguments, "1.50", "2", 1)); !failed || !strings.HasPrefix(text, "idempotency_mismatch: ") {
		t.Errorf("the same key for other inputs: %s", text)
	}
	if log := w.log.String(); strings.Count(log, `"route":"/v1/runs"`) != 3 || !strings.Contains(log, `"route":"/mcp"`) || strings.Contains(log, "atk_") {
		t.Errorf("the log does not tell each request:\n%s", log)
	}
}

func TestAToolWaitsUntilPeopleAreAsked(t *testing.T) {
	w := newWorld(t)
	w.published(workflowv1.RunStatus_RUN_STATUS_RUNNING)
	w.engine.stream = func(after int64, send func(...*workflowv1.RunEvent) error) error {
		_ = send(&workflowv1.RunEvent{Seq: after + 1, Type: "step.started", Step: "check"}, &workflowv1.RunEvent{Seq: after + 2, Type: "message.delta"})
		w.published(workflowv1.RunStatus_RUN_STATUS_PAUSED)
		_ = send(&workflowv1.RunEvent{Seq: after + 3, Type: "run.paused"})
		<-t.Context().Done()
		return nil
	}
	var mu sync.Mutex
	var heard []string
	session := w.connect(t, identity.Viewer, func(p *mcp.ProgressNotificationParams) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, p.Message)
	})
	began := time.Now()
	text, failed := use(t, session, "get_run", `{"run":"run_1","wait_seconds":25}`)
	if failed || time.Since(began) > 20*time.Second || !strings.Contains(text, `"status":"paused"`) || !strings.Contains(text, `"title":"Send it?"`) {
		t.Errorf("after %s: %s", time.Since(began), text)
	}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff([]string{"step.started check", "run.paused"}, heard); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

func TestWhatGoesWrongIsForTheModelToRead(t *testing.T) {
	w := newWorld(t)
	w.engine.on("GetRun", func(any) (any, error) { return nil, status.Error(codes.NotFound, "run run_1 not found") })
	w.engine.on("CancelRun", func(any) (any, error) { return nil, status.Error(codes.Unavailable, "10.0.0.7 is gone") })
	admin, viewer := w.connect(t, identity.Admin, nil), w.connect(t, identity.Viewer, nil)
	for name, c := range map[string]struct {
		session         *mcp.ClientSession
		tool, arguments string
		want            []string
	}{
		"not there":            {admin, "get_run", `{"run":"run_1"}`, []string{"not_found: run run_1 not found", "Request "}},
		"not allowed":          {viewer, "start_run", `{"workflow":"wfl_1"}`, []string{"permission_denied: the role viewer does not allow runs.start"}},
		"not allowed to end":   {viewer, "cancel_run", `{"run":"run_1"}`, []string{"permission_denied: ", "runs.control"}},
		"an engine that rests": {admin, "cancel_run", `{"run":"run_1"}`, []string{"dependency_unavailable: workflow-engine", "Try again in 2s."}},
		"nothing":              {admin, "get_run", `{}`, []string{"invalid: ", "- : expected required property run"}},
		"something else":       {admin, "get_run", `{"run":"run_1","Digest":"x"}`, []string{"- /Digest: unexpected property"}},
		"another path":         {admin, "cancel_run", `{"run":"run_1/../../me"}`, []string{"- /run: expected string to be an id of start_run"}},
		"too patient":          {admin, "get_run", `{"run":"run_1","wait_seconds":26}`, []string{"- /wait_seconds: expected number <= 25"}},
		"too large":            {admin, "get_workflow", `{"workflow":"wfl_1","version":99999999999}`, []string{"- /version: cannot be this number"}},
		"a list":               {admin, "list_runs", `[1]`, []string{"expected object"}},
		"a state":              {admin, "list_runs", `{"status":["asleep"]}`, []string{"- /status/0: expected value to be one of"}},
	} {
		text, failed := use(t, c.session, c.tool, c.arguments)
		for _, want := range c.want {
			if !failed || !strings.Contains(text, want) {
				t.Errorf("%s: want %q in %q", name, want, text)
			}
		}
		if strings.Contains(text, "10.0.0.7") {
			t.Errorf("%s tells too much: %s", name, text)
		}
	}
	for _, name := range []string{"approve", "approve_approval", "reject", "submit"} {
		if _, err := admin.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: json.RawMessage(`{"id":"apr_1"}`)}); err == nil || !strings.Contains(err.Error(), "unknown tool") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
