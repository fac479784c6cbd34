package ledger

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/id"
)

// suspend lets a step wait for people to decide about calls, for as long as they take and across any restart: what its
// other calls gave is kept, and another task goes on with it.
func (c *change) suspend(s *scope, n *graph.Node, t Task, m Move) (Outcome, error) {
	serial := t.Serial + 1
	gained := slices.Clone(m.Gained)
	for i := range gained {
		gained[i].Events = nil // they are in the log
	}
	_, err := c.tx.Exec(c.ctx, `INSERT INTO suspensions (run_id, workspace_id, step, generation, attempt, serial, results) VALUES ($1, $2, $3, $4, $5, $6, $7::text::json)
ON CONFLICT (run_id, step, generation, attempt, serial) DO UPDATE SET results = excluded.results`,
		c.run.id, c.run.workspace, t.Path, t.Generation, t.Attempt, serial, string(clean([]byte(encode(gained)))))
	if err != nil {
		return Outcome{}, err
	}
	within := m.Held[0].Approval.ExpiresIn
	for _, call := range m.Held {
		within = min(within, call.Approval.ExpiresIn)
	}
	expires := c.run.now.UTC().Add(within)
	for _, call := range m.Held {
		if err := c.askAbout(t, call, expires); err != nil {
			return Outcome{}, err
		}
	}
	progress := json.RawMessage(encode(map[string]int64{"attempt": int64(t.Attempt), "serial": serial}))
	c.record(s, step{path: t.Path, node: n.ID, kind: n.Type, status: interpreter.Waiting, attempt: t.Attempt, progress: progress}, nil)
	c.task(Task{Kind: Expire, Path: t.Path, Attempt: t.Attempt, Serial: serial, After: max(within, time.Millisecond)})
	return c.finish()
}

// askAbout asks people about one call.
func (c *change) askAbout(t Task, call node.Call, expires time.Time) error {
	q := question{Title: text(call.Approval.Title, 1000), Details: clean(call.Approval.Details)}
	digest, approval := digest(c.run.id, t.Path, t.Attempt, q), id.New(id.Approval)
	about := encode(map[string]int{"generation": t.Generation, "attempt": t.Attempt, "number": call.Number})
	_, err := c.tx.Exec(c.ctx, `INSERT INTO approvals (id, workspace_id, run_id, step, kind, status, title, details, digest, expires_at, call)
VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7::text::json, $8, $9, $10::text::jsonb)`,
		approval, c.run.workspace, c.run.id, t.Path, kindToolCall, q.Title, nullable(q.Details), digest, expires, about)
	c.log("approval.requested", t.Path, map[string]any{
		"approval": approval, "kind": kindToolCall, "title": q.Title, "digest": digest, "expires_at": expires, "call": call.Number,
	})
	return err
}

// goOn lets a step go on as soon as everything that it asked is decided.
func (c *change) goOn(s *scope, n *graph.Node, attempt int) error {
	path := join(s.path, n.ID)
	var pending bool
	var serial int64
	err := c.tx.QueryRow(c.ctx, `SELECT EXISTS (SELECT FROM approvals WHERE run_id = $1 AND step = $2 AND status = 'pending'), (progress->>'serial')::bigint
FROM steps WHERE run_id = $1 AND path = $2`, c.run.id, path).Scan(&pending, &serial)
	if err == nil && !pending {
		c.task(Task{Kind: Perform, Path: path, Attempt: attempt, Serial: serial})
	}
	return err
}

// callsExpired refuses what nobody has decided about in time. Calls that were approved are made.
func (c *change) callsExpired(s *scope, n *graph.Node, t Task) error {
	expired := 0
	err := each(c.ctx, c.tx, func(rows pgx.Rows) error {
		var approval string
		if err := rows.Scan(&approval); err != nil {
			return err
		}
		expired++
		c.log("approval.expired", t.Path, map[string]any{"approval": approval, "outcome": "reject"})
		return nil
	}, `UPDATE approvals SET status = 'expired', decided_at = clock_timestamp() WHERE run_id = $1 AND step = $2 AND status = 'pending'
AND EXISTS (SELECT FROM steps WHERE run_id = $1 AND path = $2 AND (progress->>'serial')::bigint = $3) RETURNING id`, c.run.id, t.Path, t.Serial)
	if err != nil || expired == 0 {
		return err
	}
	return c.goOn(s, n, t.Attempt)
}

// regain gives a claim what the step had before it waited, and what was decided.
func (c *change) regain(t Task, claim *Claim) error {
	if t.Serial == 0 {
		return nil
	}
	err := each(c.ctx, c.tx, func(rows pgx.Rows) error {
		var text []byte
		var gained []node.CallResult
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := json.Unmarshal(text, &gained); err != nil {
			return fmt.Errorf("the kept results of %s: %w", t.Path, err)
		}
		claim.Results = append(claim.Results, gained...)
		return nil
	}, `SELECT results FROM suspensions WHERE run_id = $1 AND step = $2 AND generation = $3 AND attempt = $4 AND serial <= $5 ORDER BY serial`,
		t.Run, t.Path, t.Generation, t.Attempt, t.Serial)
	if err != nil {
		return err
	}
	claim.Decisions = map[int]node.Decision{}
	return each(c.ctx, c.tx, func(rows pgx.Rows) error {
		var number int
		var d node.Decision
		err := rows.Scan(&number, &d.Status, &d.Comment)
		claim.Decisions[number] = d
		return err
	}, `SELECT (call->>'number')::int, status, comment FROM approvals WHERE run_id = $1 AND step = $2 AND kind = 'tool_call' AND status <> 'pending'
AND (call->>'generation')::int = $3 AND (call->>'attempt')::int = $4`, t.Run, t.Path, t.Generation, t.Attempt)
}
