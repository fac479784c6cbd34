package durable_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// stall is the longest that a run may stand still after its process was killed.
const stall = 10 * time.Second

// stuck does not answer before it is let go, whatever its context says, as a process that is stopped.
func stuck(asked chan<- node.CallID, letGo <-chan struct{}) func(context.Context, node.CallID, node.Call, func(node.Event)) node.CallResult {
	return func(_ context.Context, id node.CallID, _ node.Call, _ func(node.Event)) node.CallResult {
		asked <- id
		<-letGo
		return node.CallResult{Status: node.Succeeded, Response: json.RawMessage(`{"call": "late"}`), Usage: node.Usage{ToolCalls: 1}}
	}
}

func TestAnotherProcessTakesOver(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", `"moves": "3", "tell": "all"`)+`,`+httpNode("b", "GET", ``), `{"from": "a", "to": "b"}`, `"outputs": {"a": "${{ nodes.a.output.call }}"}`))
	asked, letGo := make(chan node.CallID, 10), make(chan struct{})
	release := sync.OnceFunc(func() { close(letGo) })
	t.Cleanup(release)
	gone := &calls{}
	block := stuck(asked, letGo)
	gone.do = func(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) node.CallResult {
		if call.Number < 3 {
			return succeeded(call)
		}
		return block(ctx, id, call, emit)
	}
	first := s.engine(gone, 0)
	run := s.start(first)
	<-asked
	other := &calls{}
	s.engine(other, 0)
	first.Freeze()
	s.await(run, "completed", stall)
	if other.total() != 2 {
		t.Errorf("the other process made %d calls, want the one that was cut and the one after it", other.total())
	}
	before := get[int](s, `SELECT last_seq FROM runs WHERE id = $1`, run)
	release()
	time.Sleep(300 * time.Millisecond)
	if after := get[int](s, `SELECT last_seq FROM runs WHERE id = $1`, run); after != before {
		t.Error("the process that came back added to the run")
	}
	if got := get[string](s, `SELECT outputs::text FROM runs WHERE id = $1`, run); got != `{"a":3}` {
		t.Errorf("outputs %s", got)
	}
	if got := get[int](s, `SELECT count(*) FROM calls WHERE run_id = $1`, run); got != 4 {
		t.Errorf("%d calls are recorded, want 4", got)
	}
	told := get[string](s, `SELECT string_agg(data->>'message', ', ' ORDER BY seq) FROM events WHERE run_id = $1 AND type = 'log'`, run)
	if want := "0 made, 1 made, 2 made, 3 made"; told != want {
		t.Errorf("the program told %q, want each move once: %q", told, want)
	}
}

// TestOneCallNodes has a chain of nodes whose calls have no record of their own: what was recorded of them is enough.
func TestOneCallNodes(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``)+`,`+httpNode("b", "GET", ``)+`,`+httpNode("c", "POST", ``), `{"from": "a", "to": "b"}, {"from": "b", "to": "c"}`))
	asked, letGo := make(chan node.CallID, 10), make(chan struct{})
	release := sync.OnceFunc(func() { close(letGo) })
	t.Cleanup(release)
	block := stuck(asked, letGo)
	gone := &calls{do: func(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) node.CallResult {
		if id.Step == "a" {
			return succeeded(call)
		}
		return block(ctx, id, call, emit)
	}}
	first := s.engine(gone, 0, "http")
	run := s.start(first)
	<-asked
	other := &calls{}
	s.engine(other, 0, "http")
	first.Freeze()
	s.await(run, "completed", stall)
	if other.total() != 2 {
		t.Errorf("the other process made %d calls, want those of b and c", other.total())
	}
	before := get[int](s, `SELECT last_seq FROM runs WHERE id = $1`, run)
	release()
	time.Sleep(300 * time.Millisecond)
	if after := get[int](s, `SELECT last_seq FROM runs WHERE id = $1`, run); after != before {
		t.Error("the process that came back added to the run")
	}
}

func TestACallThatMustNotBeRepeatedIsNot(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "POST", ``, `"retry": {"max_attempts": 3}`), ``))
	asked, letGo := make(chan node.CallID, 10), make(chan struct{})
	release := sync.OnceFunc(func() { close(letGo) })
	t.Cleanup(release)
	first := s.engine(&calls{do: stuck(asked, letGo)}, 0)
	run := s.start(first)
	<-asked
	other := &calls{}
	s.engine(other, 0)
	first.Freeze()
	s.await(run, "failed", stall)
	if other.total() != 0 {
		t.Error("the call was repeated")
	}
	if got := get[string](s, `SELECT failure->>'code' FROM runs WHERE id = $1`, run); got != node.CodeOutcomeUnknown {
		t.Errorf("failure %s", got)
	}
}

func TestAProcessThatLeavesHandsItsTasksOver(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{"cheap calls": ``, "calls to models": `"model": "openai/x"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, flow(httpNode("a", "GET", query)+`,`+httpNode("b", "GET", ``), `{"from": "a", "to": "b"}`))
			asked := make(chan node.CallID, 100)
			first := s.engine(&calls{do: blocked(asked)}, 0)
			var runs []string
			for range 10 {
				runs = append(runs, s.start(first))
			}
			for range runs {
				<-asked
			}
			s.engine(&calls{}, 0)
			began := time.Now()
			if query == "" { // others are given their time, so only Close cuts them
				ended, end := context.WithCancel(t.Context())
				end()
				first.Run(ended)
			} else if err := first.Close(t.Context()); err != nil {
				t.Error(err)
			}
			for _, run := range runs {
				s.await(run, "completed", stall)
			}
			t.Logf("handed over and done after %s", time.Since(began))
		})
	}
}

func TestLiveEventsComeBeforeTheResult(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", `"model": "openai/x"`), ``))
	e := s.engine(&calls{do: func(_ context.Context, _ node.CallID, call node.Call, emit func(node.Event)) node.CallResult {
		emit(node.Event{Type: "message.started", Data: map[string]int{"call": 1}})
		for range 20 {
			emit(node.Event{Type: "message.delta", Data: map[string]any{"call": 1, "text": "x"}})
		}
		r := succeeded(call)
		r.Events = []node.CallEvent{{Type: "message.completed", Data: json.RawMessage(`{"call":1}`)}}
		return r
	}}, 0)
	run := s.start(e)
	s.await(run, "completed", 5*time.Second)
	got := get[string](s, `SELECT string_agg(type, ' ' ORDER BY seq) FROM events WHERE run_id = $1 AND type LIKE 'message.%'`, run)
	if want := "message.started" + strings.Repeat(" message.delta", 20) + " message.completed"; got != want {
		t.Errorf("events %s", got)
	}
}

func TestFinishedTasksAreSweptAway(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``))
	e := s.engine(&calls{}, 0)
	s.await(s.start(e), "completed", 5*time.Second)
	finished := func() (n int) {
		if err := s.pool.QueryRow(t.Context(), `SELECT count(*) FROM dbos.workflow_status`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if finished() == 0 {
		t.Fatal("no task was recorded")
	}
	deadline := time.Now().Add(5 * time.Second)
	for finished() > 0 && time.Now().Before(deadline) {
		if err := durable.Sweep(t.Context(), e, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if n := finished(); n != 0 {
		t.Errorf("%d rows of finished tasks are left", n)
	}
}
