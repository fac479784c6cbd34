package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// maxTries is how often an attempt may be begun by another process: something that kills its process again
// and again must not kill them all.
const maxTries = 10

// Begin claims a step for a process that has its task from a queue: after a back-off, after another process died,
// or because there was no room before. Nil: the task's time has passed. A claim that is Over is for replaying
// what was recorded, nothing else.
func Begin(ctx context.Context, tx *Tx, plan Plan, t Task) (*Claim, Outcome, error) {
	c, err := begin(ctx, tx, plan, t.Workspace, t.Run)
	if err != nil {
		return nil, Outcome{}, err
	}
	b, err := c.begun(t)
	if err != nil {
		return nil, Outcome{}, err
	}
	if b.node == nil || c.stale(t.Generation) {
		o, err := c.late()
		return nil, o, err
	}
	claim, err := c.reclaim(t, b)
	if err != nil {
		return nil, Outcome{}, err
	}
	switch {
	case b.over(t):
		claim.Over = true
		o, err := c.late()
		return claim, o, err
	case b.tries >= maxTries:
		o, err := c.worn(t, b.tries)
		return nil, o, err
	}
	if err := c.resume(t, b); err != nil {
		return nil, Outcome{}, err
	}
	c.next = append(c.next, Task{}) // something is done at once: the run is not paused
	o, err := c.finish()
	if o.Ended {
		return nil, o, err
	}
	o.Next = nil
	return claim, o, err
}

// reclaim is the claim of a step that may have been begun, with what it had when it last waited for people.
func (c *change) reclaim(t Task, b begun) (*Claim, error) {
	claim := c.claim(b.node, b.config)
	claim.Resumed = t.Serial == 0 || b.status != interpreter.Waiting
	return claim, c.regain(t, claim)
}

// over says whether a task's part of a step has ended: another attempt is on, or another task goes on with this one.
func (b begun) over(t Task) bool {
	return b.attempt != t.Attempt || b.status.Ended() || b.serial != t.Serial
}

// begun is what is there of a step that may have been begun.
type begun struct {
	node           *graph.Node
	status         interpreter.Status
	attempt, tries int
	serial         int64 // of the task that is to go on with this attempt
	config         []byte
}

func (c *change) begun(t Task) (begun, error) {
	var b begun
	err := c.tx.QueryRow(c.ctx, `SELECT status, attempt, config, coalesce((progress->>'tries')::int, 0),
CASE WHEN (progress->>'attempt')::int = attempt THEN (progress->>'serial')::bigint ELSE 0 END FROM steps WHERE run_id = $1 AND path = $2`, t.Run, t.Path).
		Scan(&b.status, &b.attempt, &b.config, &b.tries, &b.serial)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	in, nodeID := split(t.Path)
	at, err := c.plan.at(in)
	if err != nil {
		return b, err
	}
	if b.node = at.graph.Node(nodeID); b.node == nil {
		return b, fmt.Errorf("run %s has no step %s", t.Run, t.Path)
	}
	return b, nil
}

// resume lets an attempt begin, or counts that it is begun once more.
func (c *change) resume(t Task, b begun) error {
	if b.status == interpreter.Waiting {
		b.tries = 0
	}
	if b.status == interpreter.Waiting && t.Serial == 0 {
		if spent := c.run.exceeded(node.Usage{}, 1); spent != "" {
			return c.exhaust(spent)
		}
		c.run.usage.Steps++
		c.log("step.started", t.Path, map[string]any{"type": b.node.Type, "attempt": b.attempt})
	}
	in, nodeID := split(t.Path)
	c.write(step{path: t.Path, scope: in, node: nodeID, kind: b.node.Type, status: interpreter.Running, attempt: b.attempt,
		progress: json.RawMessage(encode(map[string]int64{"tries": int64(b.tries) + 1, "attempt": int64(t.Attempt), "serial": t.Serial}))})
	return nil
}

// worn fails a step that no process survives.
func (c *change) worn(t Task, tries int) (Outcome, error) {
	in, nodeID := split(t.Path)
	s, err := c.scope(in)
	if err != nil || s == nil {
		return Outcome{}, err
	}
	f := node.Fail(node.CodeInternal, "the work on this step was cut %d times; look at the engine's log before it is retried", tries)
	f.Final = true
	c.queue = append(c.queue, pending{scope: in})
	if err := c.fail(s, s.graph.Node(nodeID), t.Attempt, f); err != nil {
		return Outcome{}, err
	}
	return c.finish()
}

// Verdict says whether a call may be made.
type Verdict string

// The verdicts on calls.
const (
	Go       Verdict = "go"
	Repeated Verdict = "repeated" // it was started before, and must not be made again
	Refused  Verdict = "refused"  // the budget does not allow it, and the run has ended
	Over     Verdict = "over"     // the task's time has passed
)

// Reserve announces a call: what it may consume is held back from the budget, and a second try of it will be known
// as one. The same call again reserves nothing more. A refusal ends the run.
func Reserve(ctx context.Context, tx *Tx, plan Plan, t Task, call node.Call) (Verdict, Outcome, error) {
	c, current, err := midway(ctx, tx, plan, t)
	if err != nil {
		return "", Outcome{}, err
	}
	if !current {
		o, err := c.late()
		return Over, o, err
	}
	inserted, err := tx.Exec(ctx, `INSERT INTO calls (run_id, step, attempt, generation, number, workspace_id, kind, name, status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'started') ON CONFLICT DO NOTHING`, t.Run, t.Path, t.Attempt, t.Generation, call.Number, t.Workspace, call.Kind, text(call.Name, 200))
	if err != nil {
		return "", Outcome{}, err
	}
	if inserted == 0 {
		o, err := c.late()
		if call.Kind == node.ToolCall && !call.Idempotent {
			return Repeated, o, err
		}
		return Go, o, err
	}
	return c.holdBack(call)
}

// holdBack takes what a call may consume out of the budget, or ends the run if it does not fit.
func (c *change) holdBack(call node.Call) (Verdict, Outcome, error) {
	if spent := c.run.exceeded(call.Reserve, 0); spent != "" {
		if err := c.exhaust(spent); err != nil {
			return "", Outcome{}, err
		}
		o, err := c.finish()
		return Refused, o, err
	}
	c.run.reserve(call.Reserve, 1)
	c.flush(true)
	return Go, Outcome{Run: c.run.id}, nil
}

// Move is what a step's program did: calls that gave results, and the end if it is reached.
type Move struct {
	Calls   []node.Call       // each with its result
	Results []node.CallResult // in the same order
	Events  []node.CallEvent  // that follow from the results
	End     bool
	Output  json.RawMessage
	Failure *node.Failure
	Said    *node.Said // what the end adds to a thread; nil: nothing
	// Held are calls that people have to approve first: the step waits for them. Gained is what all calls gave since the task began.
	Held   []node.Call
	Gained []node.CallResult
}

// Record records what calls gave and consumed, and, at the step's end, its result and everything that follows from
// it. If the attempt is over, only what was consumed is recorded.
func Record(ctx context.Context, tx *Tx, plan Plan, t Task, m Move) (Outcome, error) {
	c, err := t.begin(ctx, tx, plan)
	if err != nil {
		return Outcome{}, err
	}
	used, err := c.settle(t, m)
	if err != nil {
		return Outcome{}, err
	}
	s, n, err := c.attempt(t, interpreter.Running)
	if err != nil {
		return Outcome{}, err
	}
	if n == nil {
		return c.late()
	}
	for _, r := range m.Results {
		for _, e := range r.Events {
			c.log(e.Type, t.Path, e.Data)
		}
	}
	for _, e := range m.Events {
		c.log(e.Type, t.Path, e.Data)
	}
	if used.ModelCalls > 0 {
		c.log("usage.updated", "", c.run.usage)
	}
	c.write(step{path: t.Path, scope: s.path, node: n.ID, kind: n.Type, status: interpreter.Running, attempt: t.Attempt, usage: used})
	return c.went(s, n, t, m)
}

// went goes on from what a step's calls gave: it waits for people, makes more calls, or has ended.
func (c *change) went(s *scope, n *graph.Node, t Task, m Move) (Outcome, error) {
	if len(m.Held) > 0 {
		return c.suspend(s, n, t, m)
	}
	if !m.End {
		c.flush(true)
		return Outcome{Run: t.Run}, nil
	}
	c.queue = append(c.queue, pending{scope: s.path})
	if err := c.conclude(s, n, t.Attempt, m); err != nil {
		return Outcome{}, err
	}
	return c.finish()
}

func (c *change) conclude(s *scope, n *graph.Node, attempt int, m Move) error {
	if m.Failure != nil {
		return c.fail(s, n, attempt, m.Failure)
	}
	if err := c.complete(s, n, attempt, "", m.Output); err != nil {
		return err
	}
	if m.Said != nil && c.run.replays == "" && s.results[n.ID].Status == interpreter.Completed {
		c.say(join(s.path, n.ID), *m.Said)
	}
	return nil
}

const settleSQL = `INSERT INTO calls (run_id, workspace_id, step, attempt, generation, number, kind, name, status, input_tokens, output_tokens, cost, failure, started_at, ended_at,
  digest, response, replayed)
SELECT $1, $2, step, attempt, generation, number, kind, name, status, input, output, cost, failure::jsonb, started, ended,
  digest, response::json, replayed
FROM unnest($3::text[], $4::int[], $5::int[], $6::int[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::timestamptz[], $15::timestamptz[],
  $16::bytea[], $17::text[], $18::bool[])
  AS row (step, attempt, generation, number, kind, name, status, input, output, cost, failure, started, ended,
    digest, response, replayed)
ON CONFLICT (run_id, step, generation, attempt, number) DO UPDATE SET status = excluded.status, input_tokens = excluded.input_tokens,
  output_tokens = excluded.output_tokens, cost = excluded.cost, failure = excluded.failure, ended_at = excluded.ended_at,
  digest = excluded.digest, response = excluded.response, replayed = excluded.replayed
WHERE calls.status = 'started'
RETURNING number, xmax <> 0`

// settle adds what calls consumed to the run, and gives back what was reserved for them. A call that was settled
// before adds nothing.
func (c *change) settle(t Task, m Move) (node.Usage, error) {
	var used node.Usage
	if len(m.Results) == 0 {
		return used, nil
	}
	announced := c.run.budgeted()
	rows := make([]callRow, len(m.Results))
	byNumber := map[int]int{}
	for i, r := range m.Results {
		call := m.Calls[i]
		byNumber[call.Number] = i
		rows[i] = callRow{task: t, call: call, result: r}
		announced = announced || call.Kind == node.ToolCall && !call.Idempotent
	}
	if !announced { // no row can be there yet: they are written with everything else
		for i, r := range m.Results {
			add(&used, counted(m.Calls[i], r))
		}
		c.calls = rows
		add(&c.run.usage.Usage, used)
		return used, nil
	}
	err := each(c.ctx, c.tx, func(found pgx.Rows) error {
		var number int
		var known bool
		if err := found.Scan(&number, &known); err != nil {
			return err
		}
		call, r := m.Calls[byNumber[number]], m.Results[byNumber[number]]
		add(&used, counted(call, r))
		if known && c.run.generation == t.Generation {
			c.run.reserve(call.Reserve, -1)
		}
		return nil
	}, settleSQL, append([]any{c.run.id, c.run.workspace}, callColumns(rows)...)...)
	add(&c.run.usage.Usage, used)
	return used, err
}

// callRow is what is to be written of a call.
type callRow struct {
	task   Task
	call   node.Call
	result node.CallResult
}

func callColumns(rows []callRow) []any {
	n := len(rows)
	path, kind, name, status := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	attempt, generation, number := make([]int32, n), make([]int32, n), make([]int32, n)
	input, output, cost := make([]int64, n), make([]int64, n), make([]int64, n)
	failure, started, ended := make([]*string, n), make([]time.Time, n), make([]time.Time, n)
	digest, response, replayed := make([][]byte, n), make([]*string, n), make([]bool, n)
	for i, row := range rows {
		r := row.result
		path[i], attempt[i], generation[i] = row.task.Path, int32(row.task.Attempt), int32(row.task.Generation) //nolint:gosec // counts
		number[i] = int32(row.call.Number)                                                                      //nolint:gosec // a count
		kind[i], name[i], status[i] = string(row.call.Kind), text(row.call.Name, 200), string(r.Status)
		input[i], output[i], cost[i] = r.Usage.InputTokens, r.Usage.OutputTokens, r.Usage.Cost
		failure[i], started[i], ended[i] = failureText(told(r.Failure, row.task.Path)), r.Started, r.Ended
		digest[i], replayed[i] = row.call.Digest(), r.Replayed
		if len(r.Response) > 0 {
			response[i] = nullable(clean(r.Response))
		}
	}
	return []any{path, attempt, generation, number, kind, name, status, input, output, cost, failure, started, ended, digest, response, replayed}
}

// counted is a call's usage with the call itself. A replayed one consumed nothing.
func counted(call node.Call, r node.CallResult) node.Usage {
	if r.Replayed {
		return node.Usage{}
	}
	u := r.Usage
	if call.Kind == node.ModelCall {
		u.ModelCalls = max(u.ModelCalls, 1)
	} else {
		u.ToolCalls = max(u.ToolCalls, 1)
	}
	return u
}
