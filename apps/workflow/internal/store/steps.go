package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
)

// Step is one execution of one node. Output is JSON as it was written; empty if there is none, or if
// OutputArtifact holds it.
type Step struct {
	Path, NodeID, Type string
	Status             string
	Attempt            int32
	Port               string
	Output             string
	OutputArtifact     string
	Failure            *node.Failure
	Usage              Usage
	StartedAt          time.Time
	EndedAt            *time.Time
	Position           int64 // grows with the order of the starts
}

// StepFilter says which steps to list after a position; no statuses let all through.
type StepFilter struct {
	After    int64
	Statuses []string
}

const stepColumns = `path, node_id, type, status, attempt, port, coalesce(output::text, '') AS output, coalesce(output_artifact, '') AS artifact, failure,
	cost, input_tokens, output_tokens, model_calls, tool_calls, started_at, ended_at, position`

// Steps lists steps of a run in the order of their starts. More says that there are others after them.
func (s *Store) Steps(ctx context.Context, workspace, run string, only StepFilter, bounds PageBounds) (steps []Step, more bool, err error) {
	if !id.Valid(id.Run, run) {
		return nil, false, noRun(run)
	}
	f := &filter{}
	f.add("run_id = ?", run)
	f.add("position > ?", only.After)
	if len(only.Statuses) > 0 {
		f.add("status = ANY(?)", only.Statuses)
	}
	inner := fmt.Sprintf(`SELECT %s FROM steps%s ORDER BY position LIMIT %d`, stepColumns, f.where(), bounds.Rows+1)
	query := bounded(inner, "position", "octet_length(output)", bounds.Bytes)
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		if err := exists(ctx, tx, run); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, query, f.arguments...)
		if err != nil {
			return err
		}
		steps, more, err = collectPage(rows, bounds.Rows, (*Step).targets)
		return err
	})
	return steps, more, err
}

// targets are where the stepColumns go.
func (t *Step) targets() []any {
	return slices.Concat([]any{&t.Path, &t.NodeID, &t.Type, &t.Status, &t.Attempt, &t.Port, &t.Output, &t.OutputArtifact, &t.Failure},
		t.Usage.targets(), []any{&t.StartedAt, &t.EndedAt, &t.Position})
}

// exists tells a run without the rows that are asked for from none.
func exists(ctx context.Context, tx pgx.Tx, run string) error {
	var found bool
	err := tx.QueryRow(ctx, `SELECT true FROM runs WHERE id = $1`, run).Scan(&found)
	return orNotFound(err, noRun(run))
}
