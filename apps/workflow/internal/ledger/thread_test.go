package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/id"
)

// chat is a document whose agent is of the run's thread.
func chat() string {
	return flow(`{"id": "answer", "type": "agent", "config": {"provider": "openai", "model": "m", "prompt": "${{ inputs.message }}", "memory": {"thread": "${{ run.thread }}"}}}`, ``,
		`"inputs": {"type": "object", "properties": {"message": {"type": "string"}}}`, `"outputs": {"answer": "${{ nodes.answer.output.step }}"}`)
}

// thread makes one.
func (w *world) thread() string {
	w.t.Helper()
	name := id.New(id.Thread)
	w.in(func(tx pgx.Tx) error {
		_, err := tx.Exec(w.t.Context(), `INSERT INTO threads (id, workspace_id, created_by) VALUES ($1, $2, '{}')`, name, w.workspace)
		return err
	})
	return name
}

// launch creates another run, of a thread, and gives its id. Its tasks are left to work.
func (w *world) launch(thread string, policy ledger.ThreadPolicy) (string, error) {
	w.t.Helper()
	w.run = id.New(id.Run)
	_, err := w.change(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Create(ctx, tx, w.plan, ledger.New{ID: w.run, Workspace: w.workspace, By: caller(), Thread: thread, Policy: policy, Inputs: json.RawMessage(`{"message": "hi"}`)})
	})
	return w.run, err
}

func (w *world) mustBegin(thread string, policy ledger.ThreadPolicy) string {
	w.t.Helper()
	run, err := w.launch(thread, policy)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// are checks the statuses of runs, in their order.
func (w *world) are(what, want string, runs ...string) {
	w.t.Helper()
	got := get[string](w, `SELECT string_agg(status, '/' ORDER BY array_position($1, id)) FROM runs WHERE id = ANY($1)`, runs)
	if got != want {
		w.t.Errorf("%s: the runs are %s, want %s", what, got, want)
	}
}

func TestRunsOfAThreadTakeTurns(t *testing.T) {
	w := newWorld(t, chat())
	thread := w.thread()
	first := w.mustBegin(thread, "")
	if _, err := w.launch(thread, ledger.PolicyReject); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("a second run at the same time: %v", err)
	}
	second, third := w.mustBegin(thread, ledger.PolicyEnqueue), w.mustBegin(thread, ledger.PolicyEnqueue)
	w.are("before any work", "running/queued/queued", first, second, third)
	if other := w.mustBegin(w.thread(), ""); other == "" {
		t.Error("another thread's run waits too")
	}
	w.work()
	w.are("after all work", "completed/completed/completed", first, second, third)
	if order := get[string](w, `SELECT string_agg(id, ' ' ORDER BY started_at) FROM runs WHERE thread_id = $1`, thread); order != first+" "+second+" "+third {
		t.Errorf("the order is %s", order)
	}
	w.run = third
	w.expect("completed", "run.queued", "run.started", "step.started:answer", "step.completed:answer", "run.completed", "done")
	started := get[bool](w, `SELECT (s.variables->'run'->>'started_at')::timestamptz = r.started_at FROM runs r JOIN scopes s ON s.run_id = r.id AND s.path = '' WHERE r.id = $1`, third)
	if !started {
		t.Error("run.started_at is not when the run began")
	}
}

func TestANewerRunInterrupts(t *testing.T) {
	w := newWorld(t, chat())
	thread := w.thread()
	first, second := w.mustBegin(thread, ""), w.mustBegin(thread, ledger.PolicyEnqueue)
	third := w.mustBegin(thread, ledger.PolicyInterrupt)
	w.are("at first", "running/queued/queued", first, second, third)
	interrupts := w.ready[len(w.ready)-2:]
	w.ready = append(interrupts, w.ready[:len(w.ready)-2]...) // the engine carries them out at once
	w.work()
	w.are("in the end", "canceled/canceled/completed", first, second, third)
	w.run = first
	w.expect("canceled")
}

func TestACanceledRunLosesItsTurn(t *testing.T) {
	w := newWorld(t, chat())
	thread := w.thread()
	first, second, third := w.mustBegin(thread, ""), w.mustBegin(thread, ledger.PolicyEnqueue), w.mustBegin(thread, ledger.PolicyEnqueue)
	w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Cancel(ctx, tx, w.plan, w.workspace, second, "", caller())
	})
	w.are("one in the middle is canceled", "running/canceled/queued", first, second, third)
	w.work()
	w.are("in the end", "completed/canceled/completed", first, second, third)
	retry := func() error {
		_, err := w.change(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
			return ledger.Retry(ctx, tx, w.plan, w.workspace, second, "", caller())
		})
		return err
	}
	w.mustBegin(thread, "")
	if err := retry(); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("a retry beside another run: %v", err)
	}
	w.work()
	if err := retry(); err != nil {
		t.Error(err)
	}
	if _, err := w.launch(thread, ""); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("a run beside one that was retried: %v", err)
	}
}

func TestTheSameRunAgainOfAThread(t *testing.T) {
	w := newWorld(t, chat())
	thread := w.thread()
	run := w.mustBegin(thread, "")
	again := func(thread string) error {
		_, err := w.change(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
			return ledger.Create(ctx, tx, w.plan, ledger.New{ID: run, Workspace: w.workspace, By: caller(), Thread: thread, Inputs: json.RawMessage(`{"message": "hi"}`)})
		})
		return err
	}
	if err := again(thread); err != nil {
		t.Errorf("the same run: %v", err)
	}
	if err := again(w.thread()); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("the same run of another thread: %v", err)
	}
	if _, err := w.launch(id.New(id.Thread), ""); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a thread that is not there: %v", err)
	}
}

// TestAnAgentsThread: each step gets what was said before it, and adds what it said once.
func TestAnAgentsThread(t *testing.T) {
	w := newWorld(t, chat())
	thread := w.thread()
	var seen []string
	turn := 0
	w.perform = func(task ledger.Task, config json.RawMessage) ledger.Move {
		turn++
		var c struct{ Recalled node.Recalled }
		if err := json.Unmarshal(config, &c); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, fmt.Sprintf("%s%v", c.Recalled.Summary, c.Recalled.Messages))
		said := &node.Said{Thread: thread, Prompt: fmt.Sprint("p", turn), Answer: fmt.Sprint("a", turn, "\x00")}
		if turn == 2 {
			said.Summary, said.Through = "S", 2
		}
		move := ledger.Move{End: true, Output: json.RawMessage(`{"text": "x"}`), Said: said}
		w.record(task, move)
		return move // a second time, as from a process that was paused
	}
	for range 3 {
		w.mustBegin(thread, "")
		w.work()
	}
	if want := "[[] [{1 user p1} {2 assistant a1}] S[{3 user p2} {4 assistant a2}]]"; fmt.Sprint(seen) != want {
		t.Errorf("the steps saw %v, want %s", seen, want)
	}
	said := get[string](w, `SELECT string_agg(seq || role || text || ' ' || (run_id <> '') || step, ', ' ORDER BY seq) FROM thread_messages WHERE thread_id = $1`, thread)
	if want := "1userp1 trueanswer, 2assistanta1 trueanswer, 3userp2 trueanswer, 4assistanta2 trueanswer, 5userp3 trueanswer, 6assistanta3 trueanswer"; said != want {
		t.Errorf("the thread is %s", said)
	}
	if got := get[string](w, `SELECT summary || summarized || last_seq FROM threads WHERE id = $1`, thread); got != "S26" {
		t.Errorf("the thread's row is %s", got)
	}
}

func TestAThreadThatIsNotThere(t *testing.T) {
	w := newWorld(t, flow(`{"id": "answer", "type": "agent", "config": {"provider": "openai", "model": "m", "prompt": "p", "memory": {"thread": "thr_x"}}}`, ``))
	w.create(ledger.New{})
	w.work()
	if got := w.failure(); w.status() != "failed" || got.Code != node.CodeInvalidInput {
		t.Errorf("the run is %s: %+v", w.status(), got)
	}
}

// TestAStepThatFailsSaysNothing: also when its output is refused, after its calls have succeeded.
func TestAStepThatFailsSaysNothing(t *testing.T) {
	w := newWorld(t, chat())
	thread := w.thread()
	w.perform = func(ledger.Task, json.RawMessage) ledger.Move {
		return ledger.Move{End: true, Output: json.RawMessage(`"` + strings.Repeat("x", 4<<20) + `"`), Said: &node.Said{Thread: thread, Prompt: "p", Answer: "a"}}
	}
	w.mustBegin(thread, "")
	w.work()
	if said := get[int](w, `SELECT count(*) FROM thread_messages`); w.status() != "failed" || said != 0 {
		t.Errorf("the run is %s, the thread has %d messages", w.status(), said)
	}
}
