package ledger

import (
	"context"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
)

// Cancel ends a run with everything in it. It has no effect on an ended run.
func Cancel(ctx context.Context, tx *Tx, plan Plan, workspace, runID, reason string, by Actor) (Outcome, error) {
	c, err := begin(ctx, tx, plan, workspace, runID)
	if err != nil {
		return Outcome{}, err
	}
	if c.run.status.Ended() {
		return c.late()
	}
	if err := c.end(Canceled, "run.canceled", map[string]any{"reason": text(reason, maxMessage), "by": by}); err != nil {
		return Outcome{}, err
	}
	return c.finish()
}

// Break ends a run that the engine cannot go on with, because of a fault of its own. It needs nothing but the run's row.
func Break(ctx context.Context, tx *Tx, t Task, reason string) (Outcome, error) {
	c, err := begin(ctx, tx, Plan{}, t.Workspace, t.Run)
	if err != nil {
		return Outcome{}, err
	}
	if c.stale(t.Generation) {
		return c.late()
	}
	c.run.failure = told(internal(reason), t.Path)
	if err := c.end(Failed, "run.failed", map[string]any{"failure": c.run.failure}); err != nil {
		return Outcome{}, err
	}
	return c.finish()
}

// Retry takes an ended run up again from a step of its outermost graph: that step and all after it run anew, and
// with them what was canceled or stopped the run. Empty stands for those that failed or were canceled.
func Retry(ctx context.Context, tx *Tx, plan Plan, workspace, runID, from string, by Actor) (Outcome, error) {
	c, err := begin(ctx, tx, plan, workspace, runID, "")
	if err != nil {
		return Outcome{}, err
	}
	root := plan.Graphs[plan.Root]
	if err := c.retriable(root, from); err != nil {
		return Outcome{}, err
	}
	if err := c.reenter(); err != nil {
		return Outcome{}, err
	}
	s, err := c.scope("")
	if err != nil {
		return Outcome{}, err
	}
	anew := downstream(root, func(n *graph.Node) bool { return n.ID == from || s.unfinished(n, from == "") })
	if len(anew) == 0 && s.status == interpreter.Completed {
		return Outcome{}, fmt.Errorf("run %s has no step that failed or was canceled; name the step to retry from: %w", runID, ErrConflict)
	}
	c.reset(s, anew)
	c.log("run.retried", "", map[string]any{"from": from, "by": by})
	c.deadline(root)
	c.queue = append(c.queue, pending{scope: ""})
	return c.finish()
}

// retriable refuses to retry what goes on, what completed, and from where there is nothing.
func (c *change) retriable(root *graph.Graph, from string) error {
	switch c.run.status {
	case Failed, Canceled, BudgetExhausted:
	default:
		return fmt.Errorf("run %s is %s; only one that failed, was canceled or exhausted its budget can be retried: %w", c.run.id, c.run.status, ErrConflict)
	}
	if from != "" && root.Node(from) == nil {
		return fmt.Errorf("run %s has no step %q outside of loops and sub-workflows: %w", c.run.id, from, ErrNotFound)
	}
	return nil
}

// unfinished says whether a step has to run anew, or the run would end at once as it did before.
func (s *scope) unfinished(n *graph.Node, allFailed bool) bool {
	r := s.results[n.ID]
	if r == nil {
		return false
	}
	return r.Status == interpreter.Canceled || !r.Status.Ended() || r.Status == interpreter.Failed && (allFailed || n.OnError == document.Stop)
}

// downstream gives the chosen nodes and all after them.
func downstream(g *graph.Graph, chosen func(*graph.Node) bool) []string {
	reached := map[string]bool{}
	var found []string
	for _, n := range g.Order {
		follows := chosen(n)
		for _, e := range n.In {
			follows = follows || reached[e.From.ID]
		}
		if follows {
			reached[n.ID] = true
			found = append(found, n.ID)
		}
	}
	return found
}

// reset forgets the steps with everything below them, and begins the run's next generation.
func (c *change) reset(s *scope, nodes []string) {
	for _, sql := range []string{
		`DELETE FROM steps WHERE run_id = $1 AND split_part(split_part(path, '/', 1), '[', 1) = ANY($2)`,
		`DELETE FROM scopes WHERE run_id = $1 AND path <> '' AND split_part(split_part(path, '/', 1), '[', 1) = ANY($2)`,
	} {
		c.tx.Queue(sql, c.run.id, nodes)
	}
	for _, nodeID := range nodes {
		delete(s.results, nodeID)
	}
	s.status = interpreter.Running
	c.closed = append(c.closed, closedScope{path: "", status: interpreter.Running})
	c.run.status, c.before = Running, Running
	c.run.generation++
	c.run.failure, c.run.outputs = nil, nil
	c.run.reserved.Cost, c.run.reserved.InputTokens, c.run.reserved.ToolCalls = 0, 0, 0
}
