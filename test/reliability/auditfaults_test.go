//go:build live

package reliability_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAuditFindsFaults breaks a history in each way that the other tests look for.
func TestAuditFindsFaults(t *testing.T) {
	whole := func() *history {
		return &history{
			status: "completed", lastSeq: 5, outputs: map[string]any{"a": 1.0}, steps: map[string]string{"ask": "completed"},
			events: []event{
				{seq: 1, kind: "run.queued"},
				{seq: 2, kind: "message.completed", step: "ask", call: 1},
				{seq: 3, kind: "step.completed", step: "ask"},
				{seq: 4, kind: "run.completed"},
				{seq: 5, kind: "done"},
			},
		}
	}
	for name, test := range map[string]struct {
		change func(*history)
		want   string
	}{
		"nothing":         {func(*history) {}, ""},
		"a gap":           {func(h *history) { h.events[3].seq = 6 }, "event 4 has seq 6"},
		"a lost event":    {func(h *history) { h.events = h.events[:4] }, "its last seq is said to be 5"},
		"a second result": {func(h *history) { h.events[3] = event{seq: 4, kind: "step.completed", step: "ask"} }, "step.completed ask is in the log 2 times"},
		"a second answer": {func(h *history) { h.events[2] = event{seq: 3, kind: "message.completed", step: "ask", call: 1} }, "message.completed ask call 1 is in the log 2 times"},
		"a second end":    {func(h *history) { h.events[3].kind = "done" }, "done  is in the log 2 times"},
		"a failed run":    {func(h *history) { h.status = "failed" }, "it is failed"},
		"a lost step":     {func(h *history) { h.steps["other"] = "running" }, "step other is running"},
		"other outputs":   {func(h *history) { h.outputs["a"] = 2.0 }, "its outputs are"},
	} {
		t.Run(name, func(t *testing.T) {
			h := whole()
			test.change(h)
			faults := h.faults(map[string]any{"a": 1.0})
			if test.want == "" && len(faults) > 0 || test.want != "" && !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, test.want) }) {
				t.Errorf("want %q, got %q", test.want, faults)
			}
		})
	}
}

func TestRepeatsAreExplainedByKillsAlone(t *testing.T) {
	at := time.Now()
	killed := []kill{{process: "engine-1", at: at}}
	for name, test := range map[string]struct {
		request request
		want    bool
	}{
		"cut by the kill":         {request{process: "engine-1", ended: at.Add(time.Millisecond)}, true},
		"answered just before":    {request{process: "engine-1", ended: at.Add(-recordingTime / 2), answered: true}, true},
		"answered long before":    {request{process: "engine-1", ended: at.Add(-2 * recordingTime), answered: true}, false},
		"of a process that lived": {request{process: "engine-2", ended: at.Add(time.Millisecond)}, false},
	} {
		if got := explained(test.request, killed); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestStallsBeginAnewWithAKillOfTheRunsProcess(t *testing.T) {
	at := time.Now()
	recorded := map[string]*history{"run_1": {id: "run_1", events: []event{{seq: 1, time: at}, {seq: 2, time: at.Add(12 * time.Second)}}}}
	for name, test := range map[string]struct {
		kills []kill
		want  time.Duration
	}{
		"no kill":         {nil, 12 * time.Second},
		"of its process":  {[]kill{{at: at.Add(5 * time.Second), runs: []string{"run_0", "run_1"}}}, 7 * time.Second},
		"of another":      {[]kill{{at: at.Add(5 * time.Second), runs: []string{"run_0"}}}, 12 * time.Second},
		"before the time": {[]kill{{at: at.Add(-time.Second), runs: []string{"run_1"}}}, 12 * time.Second},
		"after the time":  {[]kill{{at: at.Add(13 * time.Second), runs: []string{"run_1"}}}, 12 * time.Second},
	} {
		if got, _ := stall(recorded, test.kills...); got != test.want {
			t.Errorf("%s: a stall of %v, want %v", name, got, test.want)
		}
	}
}
