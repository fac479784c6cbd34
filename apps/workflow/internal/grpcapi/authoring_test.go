package grpcapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/internal/modelsim"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const (
	wrongAnswer = `{"document": {"schema": "agentteam/v1", "name": "Greet", "nodes": [{"id": "a", "type": "levitate", "config": {}}]}, "unsupported": []}`
	rightAnswer = `{"document": {"schema": "agentteam/v1", "name": "Greet", "edges": [], "nodes": [
		{"id": "a", "type": "template", "config": {"template": "Hello"}}]}, "unsupported": ["It cannot levitate."]}`
)

// newWritingWorld has a simulated model that answers by these rules.
func newWritingWorld(t *testing.T, rules ...modelsim.Rule) (*world, *modelsim.Server, workflowv1.AuthoringServiceClient) {
	t.Helper()
	w := prepare(t)
	sim := w.simulate(t, rules...)
	w.serve(t, nil)
	return w, sim, workflowv1.NewAuthoringServiceClient(w.conn)
}

// simulate gives the world a model that answers by these rules.
func (w *world) simulate(t *testing.T, rules ...modelsim.Rule) *modelsim.Server {
	t.Helper()
	sim := modelsim.New(modelsim.Script{Rules: rules})
	url, err := sim.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	w.models = map[string]model.Account{model.OpenAI: {Provider: model.NewOpenAI("key", url+"/v1"), Key: "key"}}
	return sim
}

func scripted(user, text string) modelsim.Rule {
	return modelsim.Rule{Match: modelsim.Match{User: user}, Reply: modelsim.Reply{Text: text}}
}

// told is one event of a stream of the AuthoringService.
type told struct {
	kind string
	data struct {
		WorkflowID  string `json:"workflow_id"`
		Revision    int64
		Document    json.RawMessage
		Problems    []struct{ Pointer, Code string }
		Unsupported []string
		Patch       []struct{ Op, Path string }
		Code, Text  string
		Attempts    int
		Usage       struct {
			ModelCalls int64 `json:"model_calls"`
		}
	}
}

type writingStream interface {
	Recv() (*workflowv1.GenerateWorkflowResponse, error)
}

// refining makes a stream of refinement look like one of generation.
type refining struct {
	workflowv1.AuthoringService_RefineWorkflowClient
}

func (r refining) Recv() (*workflowv1.GenerateWorkflowResponse, error) {
	answer, err := r.AuthoringService_RefineWorkflowClient.Recv()
	return &workflowv1.GenerateWorkflowResponse{Event: answer.GetEvent()}, err
}

// hear reads a stream to its end, and gives its events without the deltas.
func hear(t *testing.T, stream writingStream, err error) (events []told) {
	t.Helper()
	for err == nil {
		var answer *workflowv1.GenerateWorkflowResponse
		if answer, err = stream.Recv(); err != nil || answer.GetEvent().GetType() == "delta" {
			continue
		}
		e := told{kind: answer.GetEvent().GetType()}
		if err := json.Unmarshal([]byte(answer.GetEvent().GetDataJson()), &e.data); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return events
}

func kinds(events []told) string {
	var names []string
	for _, e := range events {
		names = append(names, e.kind)
	}
	return strings.Join(names, " ")
}

func writer() *workflowv1.Writer { return &workflowv1.Writer{Provider: "openai", Model: "gpt-5-mini"} }

func TestAGeneratedWorkflowIsRepairedKeptAndPaid(t *testing.T) {
	w, _, authors := newWritingWorld(t, scripted("cannot be used", rightAnswer), scripted("Write a workflow", wrongAnswer))
	stream, err := authors.GenerateWorkflow(w.owner(t), &workflowv1.GenerateWorkflowRequest{Description: "Greet and levitate", Writer: writer()})
	events := hear(t, stream, err)
	if got, want := kinds(events), "attempt.started draft problems attempt.started draft repaired done"; got != want {
		t.Fatalf("the events are %s, want %s", got, want)
	}
	if p := events[2].data.Problems; len(p) != 1 || p[0].Pointer != "/nodes/0/type" || p[0].Code != "unknown_type" {
		t.Errorf("the problems are %v", p)
	}
	end := events[6].data
	if end.Attempts != 2 || end.Usage.ModelCalls != 2 || !slices.Equal(end.Unsupported, []string{"It cannot levitate."}) || end.WorkflowID != events[1].data.WorkflowID {
		t.Errorf("done tells %+v", end)
	}
	kept, err := workflowv1.NewWorkflowServiceClient(w.conn).GetWorkflow(w.owner(t), &workflowv1.GetWorkflowRequest{Id: end.WorkflowID})
	if got := kept.GetWorkflow(); err != nil || got.GetRevision() != 2 || got.GetName() != "Greet" || !strings.Contains(got.GetDocumentJson(), `"Hello"`) {
		t.Errorf("what is kept is %v, %v", got, err)
	}
	usage, err := w.runs.GetUsage(w.owner(t), &workflowv1.GetUsageRequest{})
	if lines := usage.GetLines(); err != nil || len(lines) != 1 || lines[0].GetModel() != "gpt-5-mini" || lines[0].GetUsage().GetModelCalls() != 2 || lines[0].GetUsage().GetCostMicroUsd() == 0 {
		t.Errorf("the usage is %v, %v", lines, err)
	}
}

func TestWhatCannotBeRepairedIsKeptAsADraft(t *testing.T) {
	w, sim, authors := newWritingWorld(t, scripted("", "```json\n"+wrongAnswer+"\n```"))
	request := &workflowv1.GenerateWorkflowRequest{Description: "Levitate", Writer: writer()}
	request.Writer.MaxAttempts = 2
	stream, err := authors.GenerateWorkflow(w.owner(t), request)
	events := hear(t, stream, err)
	end := events[len(events)-1]
	if end.kind != "failed" || end.data.Code != "invalid_output" || len(end.data.Problems) != 1 || len(sim.Journal()) != 2 {
		t.Errorf("%s, then %+v after %d calls", kinds(events), end.data, len(sim.Journal()))
	}
	if _, err := workflowv1.NewWorkflowServiceClient(w.conn).GetWorkflow(w.owner(t), &workflowv1.GetWorkflowRequest{Id: end.data.WorkflowID}); err != nil {
		t.Error("what was paid for is gone:", err)
	}
}

func TestABudgetStopsTheNextCall(t *testing.T) {
	w, sim, authors := newWritingWorld(t, scripted("", wrongAnswer))
	request := &workflowv1.GenerateWorkflowRequest{Description: "Levitate", Writer: writer()}
	request.Writer.Budget = &workflowv1.Budget{Tokens: 100}
	stream, err := authors.GenerateWorkflow(w.owner(t), request)
	events := hear(t, stream, err)
	if end := events[len(events)-1]; end.kind != "failed" || end.data.Code != "budget_exhausted" || len(sim.Journal()) != 0 {
		t.Errorf("%s, %+v after %d calls", kinds(events), end.data, len(sim.Journal()))
	}
}

func TestWhoLeavesEndsTheCallAndPaysForWhatCame(t *testing.T) {
	slow := scripted("", strings.Repeat("slow ", 1000))
	slow.Reply.ChunkDelay = modelsim.Duration(20 * time.Millisecond)
	w, sim, authors := newWritingWorld(t, slow)
	ctx, leave := context.WithCancel(w.owner(t))
	stream, err := authors.GenerateWorkflow(ctx, &workflowv1.GenerateWorkflowRequest{Description: "Anything", Writer: writer()})
	for err == nil {
		var answer *workflowv1.GenerateWorkflowResponse
		if answer, err = stream.Recv(); answer.GetEvent().GetType() == "delta" {
			break
		}
	}
	leave()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		usage, err := w.runs.GetUsage(w.owner(t), &workflowv1.GetUsageRequest{})
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the call goes on: %v, %v, %+v", usage, err, sim.Journal())
		}
		if lines := usage.GetLines(); len(lines) == 1 && lines[0].GetUsage().GetOutputTokens() > 0 && sim.Journal()[0].Outcome == modelsim.Abandoned {
			return
		}
	}
}

func TestARefinedDraftTellsWhatIsOther(t *testing.T) {
	w, _, authors := newWritingWorld(t, scripted("Make it worse", wrongAnswer), scripted("cannot be used", wrongAnswer), scripted("Change it as follows", rightAnswer))
	created, err := workflowv1.NewWorkflowServiceClient(w.conn).CreateWorkflow(w.owner(t), &workflowv1.CreateWorkflowRequest{
		DocumentJson: `{"schema": "agentteam/v1", "name": "Greet", "nodes": [{"id": "a", "type": "template", "config": {"template": "Bye"}}], "edges": []}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	refine := func(instruction string, revision int64, dry bool) []told {
		stream, err := authors.RefineWorkflow(w.owner(t), &workflowv1.RefineWorkflowRequest{
			Id: created.GetWorkflow().GetId(), Instruction: instruction, Writer: writer(), Revision: revision, DryRun: dry,
		})
		return hear(t, refining{stream}, err)
	}
	for _, step := range []struct {
		instruction string
		dry         bool
		end         string
		revision    int64
	}{{"Say hello", true, "done", 1}, {"Make it worse", false, "failed", 1}, {"Say hello", false, "done", 2}} {
		events := refine(step.instruction, 1, step.dry)
		end := events[len(events)-1]
		if end.kind != step.end || end.data.Revision != step.revision || len(end.data.Patch) == 0 {
			t.Errorf("%+v: %s, %+v", step, kinds(events), end.data)
		}
		if patch := end.data.Patch; step.end == "done" && (len(patch) != 1 || patch[0].Op != "replace" || patch[0].Path != "/nodes/0/config/template") {
			t.Errorf("the patch is %v", patch)
		}
	}
	stream, err := authors.RefineWorkflow(w.owner(t), &workflowv1.RefineWorkflowRequest{Id: created.GetWorkflow().GetId(), Instruction: "x", Writer: writer(), Revision: 1})
	if err == nil {
		_, err = stream.Recv()
	}
	expectCode(t, "a revision that has passed", err, codes.Aborted)
}

// A draft that somebody changes while the model writes is left alone, and what the model wrote is told all the same.
func TestARefinementDoesNotOverwrite(t *testing.T) {
	slow := scripted("Change it", rightAnswer)
	slow.Reply.Delay = modelsim.Duration(500 * time.Millisecond)
	w, _, authors := newWritingWorld(t, slow)
	workflows := workflowv1.NewWorkflowServiceClient(w.conn)
	created, err := workflows.CreateWorkflow(w.owner(t), &workflowv1.CreateWorkflowRequest{DocumentJson: `{"name": "Mine"}`})
	if err != nil {
		t.Fatal(err)
	}
	id := created.GetWorkflow().GetId()
	stream, err := authors.RefineWorkflow(w.owner(t), &workflowv1.RefineWorkflowRequest{Id: id, Instruction: "Say hello", Writer: writer()})
	if err == nil {
		_, err = stream.Recv()
	}
	if err == nil {
		_, err = workflows.UpdateWorkflow(w.owner(t), &workflowv1.UpdateWorkflowRequest{Id: id, DocumentJson: `{"name": "Mine, changed"}`})
	}
	events := hear(t, refining{stream}, err)
	if end := events[len(events)-1]; end.kind != "failed" || end.data.Code != "stale" || !strings.Contains(string(end.data.Document), "Hello") {
		t.Errorf("%s, %+v", kinds(events), end.data)
	}
	if kept, err := workflows.GetWorkflow(w.owner(t), &workflowv1.GetWorkflowRequest{Id: id}); err != nil || kept.GetWorkflow().GetName() != "Mine, changed" {
		t.Errorf("the draft is %v, %v", kept, err)
	}
}
