//go:build live

package examples_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

func checkReport(t *testing.T, r *ran) {
	r.inOrder(t, "run.queued", "run.started", "step.started write", "message.started write", "tool.call write", "tool.result write",
		"message.completed write", "step.completed write", "approval.requested check", "run.paused", "approval.decided check",
		"step.completed check", "step.completed deliver", "run.completed", "done")
	var report, decision string
	var delivery int
	r.output(t, "report", &report)
	r.output(t, "decision", &decision)
	r.output(t, "delivery", &delivery)
	if !strings.Contains(strings.ToLower(report), "simulated") || decision != "approved" || delivery < 1 {
		t.Errorf("the outputs are %s", r.run.Outputs)
	}
	if string(r.outputs["note"]) != "null" || r.steps["discard"].Status != "skipped" {
		t.Errorf("the branch that was not taken left %s, %+v", r.outputs["note"], r.steps["discard"])
	}
	if r.run.Usage.ModelCalls < 2 || r.run.Usage.ToolCalls < 1 || r.run.Usage.CostUSD <= 0 {
		t.Errorf("the usage is %+v", r.run.Usage)
	}
}

func checkFanOut(t *testing.T, r *ran) {
	type answer struct {
		Name               string
		Position, Attempts int
	}
	var answers []*answer
	r.output(t, "answers", &answers)
	want := []*answer{{"steady", 0, 1}, {"shaky", 1, 2}, {"slow", 2, 4}, nil, {"last", 4, 1}}
	if diff := cmp.Diff(want, answers); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := string(r.outputs["summary"]); got != `"4 of 5 answered"` {
		t.Errorf("the summary is %s", got)
	}
	if gone := r.steps["ask_all[3]/ask"]; gone.Status != "failed" || gone.Attempt != 4 || gone.Failure == nil || gone.Failure.Code != "http_status" {
		t.Errorf("the one that never answers is %+v", gone)
	}
	r.inOrder(t, "step.started ask_all", "step.retrying ask_all[3]/ask", "step.retrying ask_all[3]/ask", "step.retrying ask_all[3]/ask",
		"step.failed ask_all[3]/ask", "step.completed ask_all", "done")
}

func checkTeam(t *testing.T, r *ran) {
	r.inOrder(t, "step.started article", "agent.started article", "message.completed article", "agent.started article", "agent.completed article", "tool.result article",
		"step.completed article", "run.completed", "done")
	worked := map[string]bool{}
	called := map[string]bool{}
	for _, event := range r.events {
		var data struct{ Agent, Status string }
		if err := json.Unmarshal(event.Data, &data); err != nil {
			continue // other events' data are of other shapes
		}
		switch event.Type {
		case "agent.completed":
			worked[data.Agent] = data.Status == "succeeded"
		case "tool.call":
			called[data.Agent] = true
		}
	}
	want := map[string]bool{"supervisor": true, "researcher": true, "writer": true, "critic": true}
	if diff := cmp.Diff(want, worked); diff != "" {
		t.Errorf("who worked, -want +got:\n%s", diff)
	}
	if !called["researcher"] || len(called) != 1 {
		t.Errorf("tools were called by %v", called)
	}
	var article string
	var turns int
	r.output(t, "article", &article)
	r.output(t, "turns", &turns)
	if article == "" || turns != 6 || r.run.Usage.ModelCalls != 6 {
		t.Errorf("the outputs are %s, the usage %+v", r.run.Outputs, r.run.Usage)
	}
}

func checkNightly(t *testing.T, client *api.Client, r *ran) {
	var grade, text string
	var rows int
	r.output(t, "grade", &grade)
	r.output(t, "text", &text)
	r.output(t, "rows", &rows)
	taken, left := "mail", "page"
	if grade == "severe" {
		taken, left = left, taken
	}
	if grade != "minor" && grade != "severe" || !strings.Contains(text, "Report of 2026-11-21") || rows != 1440 {
		t.Errorf("the outputs are %s", r.run.Outputs)
	}
	if r.steps[taken].Status != "completed" || r.steps[left].Status != "skipped" || r.steps["all_well"].Status != "skipped" {
		t.Errorf("grade %s: %+v, %+v", grade, r.steps[taken], r.steps[left])
	}
	artifact := r.steps["rows"].OutputArtifact
	if artifact == "" {
		t.Fatalf("the rows are no artifact: %+v", r.steps["rows"])
	}
	var kept []json.RawMessage
	if err := client.Get(t.Context(), "/v1/artifacts/"+artifact, &kept); err != nil || len(kept) != rows {
		t.Errorf("the artifact has %d rows, %v", len(kept), err)
	}
	checkSchedule(t, client, r)
	r.inOrder(t, "step.completed totals", "step.completed analyse", "step.completed grade", "step.completed "+taken, "step.completed messages", "step.completed report", "step.completed rows", "done")
}

// checkSchedule keeps the example's schedule, and makes a tick of it.
func checkSchedule(t *testing.T, client *api.Client, r *ran) {
	t.Helper()
	body := json.RawMessage(strings.ReplaceAll(string(read(t, "nightly-report", "schedule.json")), "WORKFLOW", r.run.WorkflowID))
	var schedule struct {
		ID        string
		NextTimes []string `json:"next_times"`
	}
	if err := client.Post(t.Context(), "/v1/schedules", body, &schedule); err != nil || len(schedule.NextTimes) == 0 {
		t.Fatalf("%+v, %v", schedule, err)
	}
	var tick struct {
		RunID string `json:"run_id"`
		DueAt string `json:"due_at"`
	}
	if err := client.Post(t.Context(), "/v1/schedules/"+schedule.ID+":trigger", nil, &tick); err != nil || tick.RunID == "" {
		t.Fatalf("%+v, %v", tick, err)
	}
	if err := client.Follow(t.Context(), tick.RunID, func(api.Event) error { return nil }); err != nil {
		t.Fatal(err)
	}
	run, err := client.Run(t.Context(), tick.RunID)
	if err != nil || run.Status != "completed" || strings.Contains(string(run.Outputs), "${{") || !strings.Contains(string(run.Outputs), tick.DueAt[:5]) {
		t.Errorf("the run is %s with %s, %v", run.Status, run.Outputs, err)
	}
}
