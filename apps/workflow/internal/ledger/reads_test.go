package ledger_test

import (
	"cmp"
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
)

const (
	// others are many runs of the same few steps, as most are: PostgreSQL takes every run for one of them.
	others = `WITH r AS (INSERT INTO runs (id, workspace_id, workflow_id, version, status, inputs, created_by)
	SELECT 'run_' || i, $1, '', 1, 'completed', '{}', '{}' FROM generate_series(1, 3000) AS i RETURNING id), s AS (
	INSERT INTO scopes (run_id, path, workspace_id, status, variables) SELECT id, '', $1, 'completed', '{}' FROM r)
INSERT INTO steps (run_id, path, workspace_id, scope, node_id, type, status) SELECT id, n, $1, '', n, 'http', 'completed' FROM r, unnest($2::text[]) AS n`
	// iterations are those of a loop that are over.
	iterations = `INSERT INTO steps (run_id, path, workspace_id, scope, node_id, type, status)
SELECT run_id, path || '/call', workspace_id, path, 'call', 'http', 'completed' FROM scopes WHERE run_id = $1 AND item_index > 100`
	read = `SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::int FROM pg_stat_xact_user_tables WHERE relname = 'steps'`
)

// TestTheEndOfAStepReadsNoOtherIterations holds that a large loop costs no more for each iteration than a small one, whatever PostgreSQL
// has seen of other runs.
func TestTheEndOfAStepReadsNoOtherIterations(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]string{"a database without statistics": nil, "other runs of a step": {"a"}, "other runs of two steps": {"a", "b"}} {
		w := newWorld(t, flow(each(callNode, `null`, ``), ``))
		w.in(func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), others, w.workspace, steps)
			return err
		})
		if steps != nil {
			if _, err := w.pool.Exec(t.Context(), `ANALYZE`); err != nil {
				t.Fatal(err)
			}
		}
		list, err := json.Marshal(make([]int, 2000))
		if err != nil {
			t.Fatal(err)
		}
		w.create(ledger.New{Inputs: json.RawMessage(`{"base": 1, "list": ` + string(list) + `}`)})
		w.in(func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), iterations, w.run)
			return err
		})
		if got := w.readAtTheEndOf(w.ready[0]); got == 0 || got > 50 {
			t.Errorf("%s: the end of a step in a loop read %d steps, want a few", name, got)
		}
	}
}

// readAtTheEndOf completes a step and says how many rows of steps that read.
func (w *world) readAtTheEndOf(task ledger.Task) (count int) {
	w.t.Helper()
	w.in(func(tx pgx.Tx) error {
		change := ledger.On(tx)
		_, err := ledger.Record(w.t.Context(), change, w.plan, task, ledger.Move{End: true, Output: json.RawMessage(`{}`)})
		if err := cmp.Or(err, change.Send(w.t.Context())); err != nil {
			return err
		}
		return tx.QueryRow(w.t.Context(), read).Scan(&count)
	})
	return count
}
