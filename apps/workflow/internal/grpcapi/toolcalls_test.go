package grpcapi_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/agentteam/agentteam/apps/workflow/internal/calls"
	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/mcptool"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/replay"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/mcptest"
	"github.com/agentteam/agentteam/internal/modelsim"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// toolWorld is a world whose engine calls a simulated model and a real MCP server.
type toolWorld struct {
	*world
	works  // the engine that lives
	models *modelsim.Server
	server *mcptest.Server
	id     string // of the MCP server
	end    func() // of the engine
}

// newToolWorld has a model that wants to search and to create at once, and then answers.
func newToolWorld(t *testing.T) *toolWorld {
	t.Helper()
	none := 0
	script := modelsim.Script{Rules: []modelsim.Rule{
		{Match: modelsim.Match{Model: "brief"}, Reply: modelsim.Reply{Text: "nothing to do"}},
		{Match: modelsim.Match{ToolResults: &none}, Reply: modelsim.Reply{ToolCalls: []modelsim.ToolCall{
			{Name: "tracker_search", Arguments: []byte(`{"title": "a"}`)}, {Name: "tracker_create", Arguments: []byte(`{"title": "b"}`)},
		}}},
		{Reply: modelsim.Reply{Text: "done"}},
	}}
	w := &toolWorld{world: prepare(t), models: modelsim.New(script), server: mcptest.Start(t)}
	w.startEngine(t)
	w.serve(t, w)
	registered, err := workflowv1.NewMCPServerServiceClient(w.conn).CreateMCPServer(w.owner(t), &workflowv1.CreateMCPServerRequest{Name: "Tracker", Url: w.server.URL})
	if err != nil {
		t.Fatal(err)
	}
	w.id = registered.GetServer().GetId()
	return w
}

func (w *toolWorld) startEngine(t *testing.T) {
	t.Helper()
	listening := httptest.NewServer(w.models.Handler())
	t.Cleanup(listening.Close)
	prices, err := model.LoadPrices()
	if err != nil {
		t.Fatal(err)
	}
	models := model.NewModels(map[string]model.Account{model.OpenAI: {Provider: model.NewOpenAI("sk-x", listening.URL+"/v1"), Key: "sk-x"}}, prices, time.Millisecond)
	tables, guarded := store.New(w.pool), outbound.NewClient(outbound.Options{AllowHosts: []string{"127.0.0.1"}})
	vault := newVault(t, tables)
	performer := replay.NewPerformer(calls.NewPerformer(models, guarded, vault, mcptool.New(guarded, vault, tables), tables), tables)
	engine, err := durable.New(t.Context(), durable.Options{
		Pool: w.pool, Programs: calls.Programs(prices), Performer: performer, Graphs: w.library.Graph, Wake: w.hub.Publish, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { engine.Run(working) })
	w.end = sync.OnceFunc(func() {
		stop()
		work.Wait()
		if err := engine.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(w.end)
	w.works = engine
}

// start runs the agent, up to its question.
func (w *toolWorld) start(t *testing.T, more string) (run string, asked *workflowv1.Approval) {
	t.Helper()
	return w.startNode(t, `"type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Track it", "tools": [`+w.tools(more)+`]}`)
}

// tools are those of the MCP server, as an agent has them.
func (w *toolWorld) tools(more string) string {
	return fmt.Sprintf(`{"type": "mcp", "name": "tracker", "server": %q, "tools": ["search", "create"]%s}`, w.id, more)
}

// startNode runs a node, up to its question.
func (w *toolWorld) startNode(t *testing.T, fields string) (run string, asked *workflowv1.Approval) {
	t.Helper()
	document := `{"schema": "agentteam/v1", "name": "Track", "inputs": {"type": "object"}, "nodes": [{"id": "work", ` + fields + `}], "edges": []}`
	workflows := workflowv1.NewWorkflowServiceClient(w.conn)
	created, err := workflows.CreateWorkflow(w.owner(t), &workflowv1.CreateWorkflowRequest{DocumentJson: document})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := workflows.PublishWorkflow(w.owner(t), &workflowv1.PublishWorkflowRequest{Id: created.GetWorkflow().GetId()}); err != nil {
		t.Fatal(err)
	}
	started, err := w.runs.StartRun(w.owner(t), &workflowv1.StartRunRequest{WorkflowId: created.GetWorkflow().GetId(), InputsJson: `{}`})
	if err != nil {
		t.Fatal(err)
	}
	run = started.GetRun().GetId()
	w.await(t, "the question", func() bool {
		list, err := w.approvals.ListApprovals(w.owner(t), &workflowv1.ListApprovalsRequest{RunId: run})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.GetApprovals()) > 0 {
			asked = list.GetApprovals()[0]
		}
		return asked != nil
	})
	return run, asked
}

func (w *toolWorld) await(t *testing.T, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !there(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("there is not: ", what)
		}
	}
}

func (w *toolWorld) awaitStatus(t *testing.T, run string, want workflowv1.RunStatus) {
	t.Helper()
	var got *workflowv1.GetRunResponse
	w.await(t, want.String(), func() bool {
		var err error
		if got, err = w.runs.GetRun(w.owner(t), &workflowv1.GetRunRequest{Id: run}); err != nil {
			t.Fatal(err)
		}
		if got.GetRun().GetStatus() == workflowv1.RunStatus_RUN_STATUS_FAILED && want != workflowv1.RunStatus_RUN_STATUS_FAILED {
			t.Fatal(got.GetRun().GetFailure())
		}
		return got.GetRun().GetStatus() == want
	})
}

// log is the run's events, a line each.
func (w *toolWorld) log(t *testing.T, run string) string {
	t.Helper()
	list, err := w.runs.ListRunEvents(w.owner(t), &workflowv1.ListRunEventsRequest{RunId: run, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, e := range list.GetEvents() {
		fmt.Fprintf(&lines, "%s %s\n", e.GetType(), e.GetDataJson())
	}
	return lines.String()
}

func (w *toolWorld) expectCalls(t *testing.T, want ...string) {
	t.Helper()
	if got := w.server.Calls(); !slices.Equal(got, want) {
		t.Errorf("the server was called %q, want %q", got, want)
	}
}

// decide is a person's decision, which only some may take.
func (w *toolWorld) decide(t *testing.T, asked *workflowv1.Approval, decision workflowv1.ApprovalStatus) {
	t.Helper()
	request := &workflowv1.DecideApprovalRequest{Id: asked.GetId(), Digest: asked.GetDigest(), Decision: decision, Comment: "not today"}
	_, err := w.approvals.DecideApproval(as(t, w.workspace, identity.Editor), request)
	expectCode(t, "an editor decides", err, codes.PermissionDenied)
	_, err = w.approvals.DecideApproval(w.owner(t), &workflowv1.DecideApprovalRequest{Id: asked.GetId(), Digest: strings.Repeat("0", 64), Decision: decision})
	expectCode(t, "something else is decided", err, codes.FailedPrecondition)
	if _, err := w.approvals.DecideApproval(as(t, w.workspace, identity.Operator), request); err != nil {
		t.Fatal(err)
	}
}

func TestAToolCallWaitsForAPersonAcrossProcesses(t *testing.T) {
	w := newToolWorld(t)
	run, asked := w.start(t, "")
	w.awaitStatus(t, run, workflowv1.RunStatus_RUN_STATUS_PAUSED)
	w.expectCalls(t, "search a") // it only reads
	if d := asked.GetDetailsJson(); asked.GetKind() != workflowv1.ApprovalKind_APPROVAL_KIND_TOOL_CALL || !strings.Contains(d, `"title":"b"`) ||
		!strings.Contains(d, `"tool":"create"`) || !strings.Contains(d, `"agent_config_sha256"`) {
		t.Errorf("the question is %v", asked)
	}
	w.end()
	w.startEngine(t) // another process: nothing of the first is left but the database
	w.decide(t, asked, workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED)
	w.awaitStatus(t, run, workflowv1.RunStatus_RUN_STATUS_COMPLETED)
	w.expectCalls(t, "search a", "create b")
	if n := len(w.models.Journal()); n != 2 {
		t.Errorf("the model was asked %d times, want 2: what it said before the question is kept", n)
	}
	if log := w.log(t, run); strings.Count(log, "step.started ") != 1 || !strings.Contains(log, "run.resumed") || !strings.Contains(log, "create of b") {
		t.Errorf("the log is\n%s", log)
	}
}

func TestAReplayAsksNobodyAboutToolCalls(t *testing.T) {
	w := newToolWorld(t)
	run, asked := w.start(t, "")
	w.decide(t, asked, workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED)
	w.awaitStatus(t, run, workflowv1.RunStatus_RUN_STATUS_COMPLETED)
	replayed, err := w.runs.ReplayRun(w.owner(t), &workflowv1.ReplayRunRequest{Id: run})
	if err != nil {
		t.Fatal(err)
	}
	w.awaitStatus(t, replayed.GetRun().GetId(), workflowv1.RunStatus_RUN_STATUS_COMPLETED)
	w.expectCalls(t, "search a", "create b") // those of the first run
}

func TestAMemberOfATeamWaitsForAPerson(t *testing.T) {
	w := newToolWorld(t)
	run, asked := w.startNode(t, `"type": "parallel_agents", "config": {"prompt": "Track it", "members": [
		{"name": "busy", "provider": "openai", "model": "gpt-5-mini", "tools": [`+w.tools("")+`]}, {"name": "idle", "provider": "openai", "model": "brief"}]}`)
	w.awaitStatus(t, run, workflowv1.RunStatus_RUN_STATUS_PAUSED)
	w.decide(t, asked, workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED)
	w.awaitStatus(t, run, workflowv1.RunStatus_RUN_STATUS_COMPLETED)
	w.expectCalls(t, "search a", "create b")
	log := w.log(t, run)
	for event, want := range map[string]int{"agent.started ": 2, "agent.completed ": 2, "tool.result ": 2} {
		if got := strings.Count(log, event); got != want {
			t.Errorf("%sis told %d times, want %d: the log is\n%s", event, got, want, log)
		}
	}
}

func TestARefusedToolCallIsNotMade(t *testing.T) {
	w := newToolWorld(t)
	run, asked := w.start(t, "")
	w.decide(t, asked, workflowv1.ApprovalStatus_APPROVAL_STATUS_REJECTED)
	w.awaitStatus(t, run, workflowv1.RunStatus_RUN_STATUS_COMPLETED)
	w.expectCalls(t, "search a")
	if log := w.log(t, run); !strings.Contains(log, "a person refused the call: it was not made. not today") {
		t.Errorf("the model is not told: the log is\n%s", log)
	}
}

func TestAToolCallThatNobodyApprovesExpires(t *testing.T) {
	w := newToolWorld(t)
	run, asked := w.start(t, `, "expires_in": "1s"`)
	w.awaitStatus(t, run, workflowv1.RunStatus_RUN_STATUS_COMPLETED)
	w.expectCalls(t, "search a")
	if log := w.log(t, run); !strings.Contains(log, "approval.expired") || !strings.Contains(log, "nobody approved the call in time") {
		t.Errorf("the model is not told: the log is\n%s", log)
	}
	_, err := w.approvals.DecideApproval(w.owner(t), &workflowv1.DecideApprovalRequest{Id: asked.GetId(), Digest: asked.GetDigest(), Decision: workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED})
	expectCode(t, "a decision after the expiry", err, codes.FailedPrecondition)
}
