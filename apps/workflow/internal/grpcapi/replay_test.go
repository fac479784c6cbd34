package grpcapi_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// twoAgents asks a person between them.
const twoAgents = `{"schema": "agentteam/v1", "name": "Two agents", "outputs": {"text": "${{ nodes.second.output.text }}"}, "nodes": [
	{"id": "first", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Begin"}},
	{"id": "check", "type": "approval", "config": {"title": "Go on?", "details": "${{ nodes.first.output.text }}"}},
	{"id": "second", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Go on after ${{ nodes.first.output.text }}"}}
], "edges": [{"from": "first", "to": "check"}, {"from": "check.approved", "to": "second"}]}`

// toItsEnd waits for a run's end, and approves what it asks.
func (w *world) toItsEnd(t *testing.T, run string) *workflowv1.Run {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got, err := w.runs.GetRun(w.owner(t), &workflowv1.GetRunRequest{Id: run})
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the run does not end: %v, %v", got, err)
		}
		if got.GetRun().GetEndTime() != nil {
			return got.GetRun()
		}
		list, err := w.approvals.ListApprovals(w.owner(t), &workflowv1.ListApprovalsRequest{RunId: run, Statuses: []workflowv1.ApprovalStatus{workflowv1.ApprovalStatus_APPROVAL_STATUS_PENDING}})
		if err != nil {
			t.Fatal(err)
		}
		for _, asked := range list.GetApprovals() {
			if _, err := w.approvals.DecideApproval(w.owner(t), &workflowv1.DecideApprovalRequest{Id: asked.GetId(), Digest: asked.GetDigest(), Decision: approved}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// published makes a workflow with one version.
func (w *world) published(t *testing.T, document string) string {
	t.Helper()
	workflows := workflowv1.NewWorkflowServiceClient(w.conn)
	created, err := workflows.CreateWorkflow(w.owner(t), &workflowv1.CreateWorkflowRequest{DocumentJson: document})
	if err == nil {
		_, err = workflows.PublishWorkflow(w.owner(t), &workflowv1.PublishWorkflowRequest{Id: created.GetWorkflow().GetId()})
	}
	if err != nil {
		t.Fatal(err)
	}
	return created.GetWorkflow().GetId()
}

func TestAReplayAsksNobodyAndTellsWhatIsOther(t *testing.T) {
	w := prepare(t)
	sim := w.simulate(t, scripted("Begin", "one"), scripted("Go on after one, briefly", "three"), scripted("Go on", "two"))
	w.live(t)
	workflow := w.published(t, twoAgents)
	started, err := w.runs.StartRun(w.owner(t), &workflowv1.StartRunRequest{WorkflowId: workflow})
	if err != nil {
		t.Fatal(err)
	}
	source := w.toItsEnd(t, started.GetRun().GetId())
	if source.GetOutputsJson() != `{"text":"two"}` {
		t.Fatal(source)
	}
	workflows := workflowv1.NewWorkflowServiceClient(w.conn)
	_, err = workflows.UpdateWorkflow(w.owner(t), &workflowv1.UpdateWorkflowRequest{Id: workflow, DocumentJson: strings.Replace(twoAgents, "text }}\"}}\n]", "text }}, briefly\"}}\n]", 1)})
	if err == nil {
		_, err = workflows.PublishWorkflow(w.owner(t), &workflowv1.PublishWorkflowRequest{Id: workflow})
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		version   int32
		live      bool
		outputs   workflowv1.Likeness
		result    string // outputs, or the failure's code
		same      int64
		different int64
		asked     int
	}{
		"the same version":       {1, false, workflowv1.Likeness_LIKENESS_SAME, `{"text":"two"}`, 2, 0, 0},
		"another, from the past": {0, false, workflowv1.Likeness_LIKENESS_MISSING, "not_recorded", 1, 1, 0},
		"another, live":          {2, true, workflowv1.Likeness_LIKENESS_DIFFERENT, `{"text":"three"}`, 1, 1, 1},
	} {
		before := len(sim.Journal())
		replayed, err := w.runs.ReplayRun(w.owner(t), &workflowv1.ReplayRunRequest{Id: source.GetId(), Version: test.version, LiveMissing: test.live})
		if err != nil {
			t.Fatal(name, err)
		}
		run := w.toItsEnd(t, replayed.GetRun().GetId())
		if got := run.GetOutputsJson() + run.GetFailure().GetCode(); got != test.result || run.GetReplayOf() != source.GetId() || run.GetUsage().GetModelCalls() != int64(test.asked) {
			t.Errorf("%s: %v", name, run)
		}
		if asked := len(sim.Journal()) - before; asked != test.asked {
			t.Errorf("%s: the model was asked %d times", name, asked)
		}
		events, err := w.runs.ListRunEvents(w.owner(t), &workflowv1.ListRunEventsRequest{RunId: run.GetId()})
		var log []string
		for _, e := range events.GetEvents() {
			log = append(log, e.GetType())
		}
		const together = "message.started message.completed step.completed step.started approval.requested approval.decided step.completed"
		if told := strings.Join(log, " "); err != nil || strings.Contains(told, "run.paused") || !strings.Contains(told, together) {
			t.Errorf("%s: the events are %s, %v", name, told, err)
		}
		compared, err := w.runs.CompareReplay(w.owner(t), &workflowv1.CompareReplayRequest{Id: run.GetId()})
		if err != nil || compared.GetOutputs() != test.outputs || compared.GetSameCalls() != test.same || compared.GetDifferentCalls() != test.different ||
			compared.GetNewCalls()+compared.GetMissingCalls() != 0 || len(compared.GetCalls()) != 2 || (compared.GetPatchJson() != "") != (test.outputs == workflowv1.Likeness_LIKENESS_DIFFERENT) {
			t.Errorf("%s: %v, %v", name, compared, err)
		}
	}
	usage, err := w.runs.GetUsage(w.owner(t), &workflowv1.GetUsageRequest{})
	var calls int64
	for _, line := range usage.GetLines() {
		calls += line.GetUsage().GetModelCalls()
	}
	if err != nil || calls != 3 {
		t.Errorf("%d calls are paid, %v", calls, err)
	}
	_, err = w.runs.CompareReplay(w.owner(t), &workflowv1.CompareReplayRequest{Id: source.GetId()})
	expectCode(t, "a run that is no replay", err, codes.FailedPrecondition)
}

func TestWhatGoesOnIsNotReplayed(t *testing.T) {
	w := newLivingWorld(t)
	b := furnish(t, w)
	_, err := w.runs.ReplayRun(w.owner(t), &workflowv1.ReplayRunRequest{Id: b.run})
	expectCode(t, "a run that waits", err, codes.FailedPrecondition)
}
