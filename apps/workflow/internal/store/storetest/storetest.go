// Package storetest writes rows of runs for the tests of those who read them. It keeps the rules that the ledger
// keeps: events are numbered under the lock of the run's row.
package storetest

import (
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
)

// In runs statements in a workspace.
func In(t testing.TB, pool *pgxpool.Pool, workspace string, fn func(tx pgx.Tx) error) {
	t.Helper()
	if err := database.InWorkspace(t.Context(), pool, workspace, fn); err != nil {
		t.Fatal(err)
	}
}

// Exec runs one statement in a workspace.
func Exec(t testing.TB, pool *pgxpool.Pool, workspace, statement string, arguments ...any) {
	t.Helper()
	In(t, pool, workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), statement, arguments...)
		return err
	})
}

// Run makes a running run without events and gives its id.
func Run(t testing.TB, pool *pgxpool.Pool, workspace string) string {
	t.Helper()
	run := id.New(id.Run)
	Exec(t, pool, workspace, `INSERT INTO runs (id, workspace_id, workflow_id, version, status, inputs, created_by)
		VALUES ($1, $2, $3, 1, 'running', '{"topic": "tides"}', '{"subject": "ada", "kind": "user"}')`, run, workspace, id.New(id.Workflow))
	return run
}

// Append adds events of these types in one transaction and gives the number of the last. After done, the run is completed; after
// run.retried it runs again.
func Append(t testing.TB, pool *pgxpool.Pool, workspace, run string, types ...string) (last int64) {
	t.Helper()
	In(t, pool, workspace, func(tx pgx.Tx) error {
		if err := tx.QueryRow(t.Context(), `SELECT last_seq FROM runs WHERE id = $1 FOR UPDATE`, run).Scan(&last); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for _, kind := range types {
			last++
			data, err := json.Marshal(map[string]any{"n": last})
			if err != nil {
				return err
			}
			batch.Queue(`INSERT INTO events (run_id, seq, workspace_id, type, data) VALUES ($1, $2, $3, $4, $5)`, run, last, workspace, kind, string(data))
			switch kind {
			case "done":
				batch.Queue(`UPDATE runs SET status = 'completed', outputs = '{"report": 1.50}', ended_at = now() WHERE id = $1`, run)
			case "run.retried":
				batch.Queue(`UPDATE runs SET status = 'running', ended_at = NULL WHERE id = $1`, run)
			}
		}
		batch.Queue(`UPDATE runs SET last_seq = $2 WHERE id = $1`, run, last)
		return tx.SendBatch(t.Context(), batch).Close()
	})
	return last
}
