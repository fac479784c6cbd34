package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Carry does what a task of any kind but Perform stands for.
func Carry(ctx context.Context, tx *Tx, plan Plan, t Task) (Outcome, error) {
	c, err := begin(ctx, tx, plan, t.Workspace, t.Run, t.scopes()...)
	if err != nil {
		return Outcome{}, err
	}
	if c.stale(t.Generation) {
		return c.late()
	}
	switch t.Kind {
	case Continue:
		return c.goesOn(t)
	case Deadline:
		return c.overdue()
	case Interrupt:
		return c.interrupted()
	case Wait, Expire, Timeout, Restart:
		return c.waited(t)
	default:
		return Outcome{}, fmt.Errorf("task %s cannot be carried out by the ledger", t.ID())
	}
}

// goesOn begins a queued run, or does more of one that is under way.
func (c *change) goesOn(t Task) (Outcome, error) {
	if c.run.status == Queued {
		if err := c.launch(); err != nil {
			return Outcome{}, err
		}
	}
	p := pending{scope: t.Path}
	if c.plan.isLoop(t.Path) {
		p = pending{loop: t.Path}
	}
	c.queue = append(c.queue, p)
	return c.finish()
}

func (c *change) overdue() (Outcome, error) {
	timeout := c.plan.Graphs[c.plan.Root].Document.Settings.Timeout
	c.run.failure = node.Fail(node.CodeTimeout, "the run did not end within its %s", timeout)
	if err := c.end(Failed, "run.failed", map[string]any{"failure": c.run.failure}); err != nil {
		return Outcome{}, err
	}
	return c.finish()
}

// waited goes on with a step that waits, if it still does in the same attempt.
func (c *change) waited(t Task) (Outcome, error) {
	s, n, err := c.attempt(t, interpreter.Waiting)
	if err != nil {
		return Outcome{}, err
	}
	if n == nil {
		return c.late()
	}
	c.queue = append(c.queue, pending{scope: s.path})
	switch t.Kind {
	case Wait:
		err = c.timeCame(s, n, t.Attempt)
	case Expire:
		if performed(n.Type) {
			err = c.callsExpired(s, n, t)
		} else {
			err = c.expired(s, n, t.Attempt)
		}
	case Timeout:
		err = c.failWithin(s, n, t.Attempt, node.Fail(node.CodeTimeout, "the step did not end within its timeout of %s", n.Timeout))
	default:
		c.again(s, n)
	}
	if err != nil {
		return Outcome{}, err
	}
	return c.finish()
}

// attempt finds the attempt that a task is for. No node: it is over.
func (c *change) attempt(t Task, status interpreter.Status) (*scope, *graph.Node, error) {
	if c.stale(t.Generation) {
		return nil, nil, nil
	}
	path, nodeID := split(t.Path)
	s, err := c.scope(path)
	if err != nil || s == nil || s.status != interpreter.Running {
		return nil, nil, err
	}
	known := s.results[nodeID]
	if known == nil || known.Status != status || known.attempt != t.Attempt {
		return nil, nil, nil
	}
	return s, s.graph.Node(nodeID), nil
}

func (c *change) timeCame(s *scope, n *graph.Node, attempt int) error {
	var output []byte
	err := c.tx.QueryRow(c.ctx, `SELECT coalesce(progress, '{}') FROM steps WHERE run_id = $1 AND path = $2`, c.run.id, join(s.path, n.ID)).Scan(&output)
	if err != nil {
		return err
	}
	return c.complete(s, n, attempt, "", output)
}

// again lets the interpreter start a step anew: its config is resolved again, what it had within it is gone.
func (c *change) again(s *scope, n *graph.Node) {
	c.removeWithin(join(s.path, n.ID))
	attempt := s.results[n.ID].attempt
	delete(s.results, n.ID)
	s.restarts = map[string]int{n.ID: attempt}
}

// removeWithin deletes the scopes and steps below a step.
func (c *change) removeWithin(path string) {
	c.tx.Queue(`DELETE FROM steps WHERE run_id = $1 AND `+below("path"), c.run.id, path)
	c.tx.Queue(`DELETE FROM scopes WHERE run_id = $1 AND path <> '' AND (path = $2 OR `+below("path")+`)`, c.run.id, path)
}

// expired gives an approval or input the outcome that its document names for this case.
func (c *change) expired(s *scope, n *graph.Node, attempt int) error {
	path := join(s.path, n.ID)
	var approval string
	var config []byte
	err := c.tx.QueryRow(c.ctx, `UPDATE approvals SET status = 'expired', decided_at = clock_timestamp() WHERE run_id = $1 AND step = $2 AND status = 'pending'
RETURNING id, (SELECT config FROM steps WHERE run_id = $1 AND path = $2)`, c.run.id, path).Scan(&approval, &config)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var q question
	if err := json.Unmarshal(config, &q); err != nil {
		return fmt.Errorf("the config of %s: %w", path, err)
	}
	outcome := q.OnExpiry
	if outcome == "" {
		outcome = "reject"
	}
	if n.Type == typeInput {
		outcome = "fail"
	}
	c.log("approval.expired", path, map[string]any{"approval": approval, "outcome": outcome})
	switch outcome {
	case "approve":
		return c.decided(s, n, attempt, "approved", "", "nobody decided in time")
	case "reject":
		return c.decided(s, n, attempt, "rejected", "", "nobody decided in time")
	}
	f := node.Fail(node.CodeExpired, "nobody decided within %s", q.ExpiresIn)
	f.Final = true
	return c.fail(s, n, attempt, f)
}

// decided completes an approval's step.
func (c *change) decided(s *scope, n *graph.Node, attempt int, decision, by, comment string) error {
	return c.complete(s, n, attempt, decision, []byte(encode(map[string]any{"decision": decision, "by": by, "comment": comment})))
}

// deadline sets the task that ends the run when it lasts too long.
func (c *change) deadline(root *graph.Graph) {
	if timeout := root.Document.Settings.Timeout; timeout > 0 {
		c.task(Task{Kind: Deadline, After: timeout})
	}
}
