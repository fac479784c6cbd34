package durable_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
)

// TestWhatHasExpiredIsRemoved from all workspaces, and nothing else.
func TestWhatHasExpiredIsRemoved(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``))
	e := s.engine(&calls{}, 0)
	workspaces := []string{s.workspace, databasetest.Workspace(t, s.pool)}
	for _, workspace := range workspaces {
		err := database.InWorkspace(t.Context(), s.pool, workspace, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO memory_entries (workspace_id, namespace, key, value, bytes, expires_at)
				SELECT $1, 'n', i::text, '1', 1, CASE WHEN i <= 1200 THEN now() - interval '1 second' WHEN i = 1201 THEN now() + interval '1 hour' END FROM generate_series(1, 1202) AS i`, workspace)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := durable.Forget(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for _, workspace := range workspaces {
		s.workspace = workspace
		if left := get[string](s, `SELECT string_agg(key, ' ' ORDER BY key DESC) FROM (SELECT key FROM memory_entries ORDER BY key DESC LIMIT 5) AS last`); left != "1202 1201" {
			t.Errorf("left are %s", left)
		}
	}
}
