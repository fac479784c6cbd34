package grpcapi_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/agentteam/agentteam/internal/id"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// echo gives what an agent says of the topic; empty ones fail.
const echo = `{"schema": "agentteam/v1", "name": "Echo", "inputs": {"type": "object", "properties": {"topic": {"type": "string"}}, "required": ["topic"]},
	"outputs": {"text": "${{ nodes.say.output.text }}", "topic": "${{ inputs.topic }}"}, "nodes": [
	{"id": "say", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Say something about ${{ inputs.topic }}"}}], "edges": []}`

const echoCases = `[
	{"name": "exact", "inputs": {"topic": "tides"}, "expect": {"type": "exact", "value": {"text": "The tides come.", "topic": "tides"}}},
	{"name": "json", "inputs": {"topic": "tides"}, "expect": {"type": "json", "value": {"topic": "winds"}}},
	{"name": "cel", "inputs": {"topic": "tides"}, "expect": {"type": "cel", "expression": "${{ outputs.text.contains(inputs.topic) }}"}},
	{"name": "judged well", "inputs": {"topic": "tides"}, "expect": {"type": "judge", "provider": "openai", "model": "gpt-5", "rubric": "It is friendly."}},
	{"name": "judged badly", "inputs": {"topic": "tides"}, "expect": {"type": "judge", "provider": "openai", "model": "gpt-5", "rubric": "It is long.", "min_score": 0.8}},
	{"name": "judged by nobody", "inputs": {"topic": "tides"}, "expect": {"type": "judge", "provider": "openai", "model": "gpt-5", "rubric": "It rhymes."}},
	{"name": "inputs that do not fit", "inputs": {}, "expect": {"type": "exact", "value": 1}}]`

// tried runs an evaluation to its end.
func (w *world) tried(t *testing.T, request *workflowv1.RunEvaluationRequest) *workflowv1.EvaluationRun {
	t.Helper()
	evaluations := workflowv1.NewEvaluationServiceClient(w.conn)
	started, err := evaluations.RunEvaluation(w.owner(t), request)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got, err := evaluations.GetEvaluationRun(w.owner(t), &workflowv1.GetEvaluationRunRequest{Id: started.GetRun().GetId()})
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the evaluation does not end: %v, %v", got, err)
		}
		if got.GetRun().GetEndTime() != nil {
			return got.GetRun()
		}
	}
}

func TestAnEvaluationRunsJudgesAndCompares(t *testing.T) {
	w := prepare(t)
	w.simulate(t,
		scripted("It is friendly", `{"score": 0.9, "reason": "It greets."}`), scripted("It is long", `{"score": 0.5, "reason": "It is short."}`), scripted("It rhymes", `"no"`),
		scripted("Say something about tides, briefly", "Tides."), scripted("Say something", "The tides come."))
	w.live(t)
	w.keep(t, 2)
	workflow := w.published(t, echo)
	evaluations := workflowv1.NewEvaluationServiceClient(w.conn)
	made, err := evaluations.CreateEvaluation(w.owner(t), &workflowv1.CreateEvaluationRequest{WorkflowId: workflow, Name: "Echoes", CasesJson: echoCases})
	if err != nil || made.GetEvaluation().GetCaseCount() != 7 {
		t.Fatal(made, err)
	}
	first := w.tried(t, &workflowv1.RunEvaluationRequest{Id: made.GetEvaluation().GetId(), MaxParallel: 3})
	expectResults(t, first, "exact passed 1 ", `json failed 0 "/topic": "winds" is expected`, "cel passed 1 ", "judged well passed 0.9 It greets.",
		"judged badly failed 0.5 It is short.", "judged by nobody failed - the judge gave no score", "inputs that do not fit failed - the run cannot be started")

	workflows := workflowv1.NewWorkflowServiceClient(w.conn)
	_, err = workflows.UpdateWorkflow(w.owner(t), &workflowv1.UpdateWorkflowRequest{Id: workflow, DocumentJson: strings.Replace(echo, `inputs.topic }}"}}]`, `inputs.topic }}, briefly"}}]`, 1)})
	if err == nil {
		_, err = workflows.PublishWorkflow(w.owner(t), &workflowv1.PublishWorkflowRequest{Id: workflow})
	}
	if err == nil {
		_, err = evaluations.UpdateEvaluation(w.owner(t), &workflowv1.UpdateEvaluationRequest{Id: made.GetEvaluation().GetId(), Name: "Echoes", Revision: 1, CasesJson: `[
			{"name": "exact", "inputs": {"topic": "tides"}, "expect": {"type": "json", "value": {"text": "The tides come."}}},
			{"name": "new", "inputs": {"topic": "tides"}, "expect": {"type": "json", "value": {}}}]`})
	}
	if err != nil {
		t.Fatal(err)
	}
	second := w.tried(t, &workflowv1.RunEvaluationRequest{Id: made.GetEvaluation().GetId(), Version: 2})
	compared, err := evaluations.CompareEvaluationRuns(w.owner(t), &workflowv1.CompareEvaluationRunsRequest{Id: second.GetId(), BaseId: first.GetId()})
	if err != nil || len(compared.GetCases()) != 8 {
		t.Fatal(compared, err)
	}
	if c := compared.GetCases()[0]; c.GetName() != "exact" || c.GetStatus() != workflowv1.ResultStatus_RESULT_STATUS_FAILED || c.GetBaseStatus() != workflowv1.ResultStatus_RESULT_STATUS_PASSED {
		t.Errorf("what became worse: %v", c)
	}
	if c := compared.GetCases()[1]; c.GetName() != "new" || c.GetBaseStatus() != 0 || c.GetStatus() != workflowv1.ResultStatus_RESULT_STATUS_PASSED {
		t.Errorf("what is new: %v", c)
	}
	if c := compared.GetCases()[2]; c.GetName() != "json" || c.GetStatus() != 0 {
		t.Errorf("what is gone: %v", c)
	}
	usage, err := w.runs.GetUsage(w.owner(t), &workflowv1.GetUsageRequest{})
	for _, line := range usage.GetLines() {
		if calls := line.GetUsage().GetModelCalls(); line.GetModel() == "gpt-5" && calls != 3 || line.GetModel() == "gpt-5-mini" && calls != 8 {
			t.Errorf("the usage is %v", line)
		}
	}
	if err != nil {
		t.Error(err)
	}
	list, err := evaluations.ListEvaluationRuns(w.owner(t), &workflowv1.ListEvaluationRunsRequest{EvaluationId: made.GetEvaluation().GetId(), Page: &workflowv1.Page{Size: 1}})
	if err != nil || len(list.GetRuns()) != 1 || list.GetRuns()[0].GetId() != second.GetId() || list.GetNextToken() == "" {
		t.Errorf("the list is %v, %v", list, err)
	}
	_, err = evaluations.DeleteEvaluation(w.owner(t), &workflowv1.DeleteEvaluationRequest{Id: made.GetEvaluation().GetId()})
	expectCode(t, "delete", err, codes.OK)
	_, err = evaluations.GetEvaluationRun(w.owner(t), &workflowv1.GetEvaluationRunRequest{Id: first.GetId()})
	expectCode(t, "what was deleted", err, codes.NotFound)
}

func expectResults(t *testing.T, run *workflowv1.EvaluationRun, want ...string) {
	t.Helper()
	passed := 0
	for i, r := range run.GetResults() {
		score := "-"
		if r.Score != nil {
			score = fmt.Sprint(r.GetScore())
		}
		status := strings.ToLower(strings.TrimPrefix(r.GetStatus().String(), "RESULT_STATUS_"))
		if got := r.GetName() + " " + status + " " + score + " " + r.GetReason(); i >= len(want) || !strings.HasPrefix(got, want[i]) {
			t.Errorf("result %d is %s", i, got)
		}
		if status == "passed" {
			passed++
		}
	}
	if len(run.GetResults()) != len(want) || int(run.GetPassed()) != passed || int(run.GetPassed()+run.GetFailed()) != len(want) {
		t.Errorf("the run is %v", run)
	}
}

// A trial is taken up where it was left, its cases are run once each, and never more of them at a time than was asked for.
func TestCasesAreStartedOnceAndInBounds(t *testing.T) {
	w := newLivingWorld(t)
	workflow := w.published(t, `{"schema": "agentteam/v1", "name": "Nap", "nodes": [{"id": "nap", "type": "wait", "config": {"duration": "300ms"}}], "edges": []}`)
	var cases []string
	for i := range 8 {
		cases = append(cases, fmt.Sprintf(`{"name": "case %d", "expect": {"type": "exact", "value": null}}`, i))
	}
	request := &workflowv1.CreateEvaluationRequest{WorkflowId: workflow, Name: "Naps", CasesJson: "[" + strings.Join(cases, ",") + "]"}
	made, err := workflowv1.NewEvaluationServiceClient(w.conn).CreateEvaluation(w.owner(t), request)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	ctx, stop := context.WithCancel(w.owner(t))
	var watching sync.WaitGroup
	watching.Go(func() {
		for ctx.Err() == nil {
			live, err := w.runs.ListRuns(ctx, &workflowv1.ListRunsRequest{WorkflowId: workflow, Statuses: []workflowv1.RunStatus{workflowv1.RunStatus_RUN_STATUS_RUNNING}})
			if err == nil {
				most = max(most, len(live.GetRuns()))
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	w.keep(t, 3) // as in three processes
	run := w.tried(t, &workflowv1.RunEvaluationRequest{Id: made.GetEvaluation().GetId(), MaxParallel: 2, NewId: id.New(id.EvaluationRun)})
	stop()
	watching.Wait()
	all, err := w.runs.ListRuns(w.owner(t), &workflowv1.ListRunsRequest{WorkflowId: workflow})
	if err != nil || len(all.GetRuns()) != 8 || run.GetPassed() != 8 || most == 0 || most > 2 {
		t.Errorf("%d runs, %d at once, %v, %v", len(all.GetRuns()), most, run, err)
	}
}
