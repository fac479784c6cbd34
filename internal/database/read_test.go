package database_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
)

func TestARowIsReadInItsWorkspaceAlone(t *testing.T) {
	pool, err := database.Open(t.Context(), databasetest.Open(t).Config().ConnString(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	own, other := databasetest.Workspace(t, pool), databasetest.Workspace(t, pool)
	const query = `SELECT id, current_user::text FROM workspaces WHERE id = $1`
	var id, user string
	if err := database.ReadRow(t.Context(), pool, own, []any{&id, &user}, query, own); err != nil || id != own || user != database.AppRole {
		t.Errorf("the own row is %q, read by %s, %v", id, user, err)
	}
	if err := database.ReadRow(t.Context(), pool, own, []any{&id, &user}, query, other); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("another workspace's row gave %v", err)
	}
	if err := database.ReadRow(t.Context(), pool, "", []any{&id, &user}, query, own); err == nil {
		t.Error("a row was read without a workspace")
	}
	if err := database.ReadRow(t.Context(), pool, own, []any{&id}, `SELECT 1 / length($1::text)`, ""); code(err) != "22012" {
		t.Errorf("a statement that fails gave %v", err)
	}
	var role, workspace string
	if err := pool.QueryRow(t.Context(), `SELECT current_setting('role'), current_setting('agentteam.workspace_id', true)`).Scan(&role, &workspace); err != nil ||
		role != "none" || workspace != "" {
		t.Errorf("the connection is left in role %q and workspace %q, %v", role, workspace, err)
	}
}
