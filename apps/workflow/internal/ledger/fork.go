package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/internal/id"
)

// Choice says which results a fork takes over: those before From, and those of Reuse. Without From it is those of Reuse alone.
type Choice struct {
	From  string   `json:"from,omitempty"`
	Reuse []string `json:"reuse,omitempty"`
}

// Fork creates a new run of the same version that takes over chosen results. Only the steps of the outermost graph are taken over,
// with their outputs; what they had within them stays with the other run.
func Fork(ctx context.Context, tx *Tx, plan Plan, source string, choice Choice, n New) (Outcome, error) {
	if err := enter(tx, n.Workspace); err != nil {
		return Outcome{}, err
	}
	root := plan.Graphs[plan.Root]
	if err := choice.check(root, source); err != nil {
		return Outcome{}, err
	}
	err := tx.QueryRow(ctx, `SELECT inputs, coalesce(thread_id, ''), budget_cost, budget_tokens, budget_steps, budget_tool_calls FROM runs WHERE id = $1`, source).
		Scan(&n.Inputs, &n.Thread, &n.Budget.CostMicroUSD, &n.Budget.Tokens, &n.Budget.Steps, &n.Budget.ToolCalls)
	if err != nil {
		return Outcome{}, fmt.Errorf("run %s: %w", source, ErrNotFound)
	}
	n.ForkedFrom = source
	admitted, err := admit(ctx, tx, n)
	if err != nil {
		return Outcome{}, err
	}
	c, created, err := insertRun(ctx, tx, plan, n, admitted)
	if err != nil {
		return Outcome{}, err
	}
	if !created {
		return forkedAlready(ctx, tx, source, n)
	}
	if err := c.takeOver(source, choice); err != nil {
		return Outcome{}, err
	}
	c.queue = append(c.queue, pending{scope: ""})
	return c.finish()
}

func forkedAlready(ctx context.Context, tx *Tx, source string, n New) (Outcome, error) {
	var same bool
	err := tx.QueryRow(ctx, `SELECT forked_from = $2 FROM runs WHERE id = $1`, n.ID, source).Scan(&same)
	if err != nil || !same {
		return Outcome{}, fmt.Errorf("there is another run with the id %s already; choose a new id: %w", n.ID, ErrConflict)
	}
	leave(tx)
	return Outcome{Run: n.ID}, nil
}

// check refuses steps that are not there, and a step that is to run anew and to be taken over.
func (o Choice) check(root *graph.Graph, source string) error {
	for _, name := range append(slices.Clone(o.Reuse), o.From) {
		if name != "" && root.Node(name) == nil {
			return fmt.Errorf("run %s has no step %q outside of loops and sub-workflows: %w", source, name, ErrNotFound)
		}
	}
	if i := slices.Index(o.Reuse, o.From); i >= 0 {
		return invalid(fmt.Sprintf("/reuse/%d", i), problem.CodeNotAllowed, "the step %q is the one that the new run begins at, so its result cannot be taken over", o.From)
	}
	return nil
}

// anew are the nodes that run in the fork.
func (o Choice) anew(root *graph.Graph) []string {
	nodes := downstream(root, func(n *graph.Node) bool { return o.From == "" || n.ID == o.From })
	return slices.DeleteFunc(nodes, func(name string) bool { return slices.Contains(o.Reuse, name) })
}

// takeOver copies the chosen ended steps of another run's outermost scope, and the artifacts they refer to. A step that was named
// has to be among them.
func (c *change) takeOver(source string, choice Choice) error {
	rows, err := c.copySteps(source, choice.anew(c.plan.Graphs[c.plan.Root]))
	if err != nil {
		return err
	}
	for i, name := range choice.Reuse {
		if !slices.ContainsFunc(rows, func(s step) bool { return s.path == name }) {
			return invalid(fmt.Sprintf("/reuse/%d", i), problem.CodeNotAllowed, "the step %q of run %s has no result that can be taken over: it did not end, or its failure stops the run", name, source)
		}
	}
	for _, r := range rows {
		c.log("step."+string(r.status), r.path, map[string]any{"port": r.port, "taken_over_from": source})
	}
	delete(c.scopes, "") // it has results now
	return nil
}

const copyStepsSQL = `WITH name AS (
  SELECT old, new FROM unnest($5::text[], $6::text[]) AS row (old, new)
), artifact AS (
  INSERT INTO artifacts (id, workspace_id, run_id, media_type, content)
  SELECT name.new, a.workspace_id, $1, a.media_type, a.content FROM artifacts a JOIN name ON name.old = a.id
), copied AS (
  INSERT INTO steps (run_id, path, workspace_id, scope, node_id, type, status, attempt, config, port, output, output_artifact, failure, started_at, ended_at)
  SELECT $1, path, workspace_id, scope, node_id, type, status, attempt, config, port, output, name.new, failure, started_at, ended_at
  FROM steps LEFT JOIN name ON name.old = output_artifact
  WHERE run_id = $2 AND scope = '' AND status IN ('completed', 'skipped', 'failed') AND NOT node_id = ANY($3) AND (status <> 'failed' OR node_id = ANY($4))
  ORDER BY position RETURNING path, status, port, position
) SELECT path, status, port FROM copied ORDER BY position`

func (c *change) copySteps(source string, but []string) ([]step, error) {
	var old, renamed []string
	err := each(c.ctx, c.tx, func(rows pgx.Rows) error {
		var artifact string
		err := rows.Scan(&artifact)
		old, renamed = append(old, artifact), append(renamed, id.New(id.Artifact))
		return err
	}, `SELECT DISTINCT output_artifact FROM steps WHERE run_id = $1 AND scope = '' AND output_artifact IS NOT NULL AND NOT node_id = ANY($2)`, source, but)
	if err != nil {
		return nil, err
	}
	var copied []step
	err = each(c.ctx, c.tx, func(rows pgx.Rows) error {
		var s step
		err := rows.Scan(&s.path, &s.status, &s.port)
		copied = append(copied, s)
		return err
	}, copyStepsSQL, c.run.id, source, but, c.tolerant(), old, renamed)
	return copied, err
}

// tolerant are the nodes whose failure does not stop the run.
func (c *change) tolerant() []string {
	found := []string{}
	for _, n := range c.plan.Graphs[c.plan.Root].Nodes {
		if n.OnError != document.Stop {
			found = append(found, n.ID)
		}
	}
	return found
}
