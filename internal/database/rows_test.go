package database_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
)

const actor = `'{"subject": "u", "kind": "user"}'`

// rows puts one row into each table of tenants' data: $1 is the workspace it claims to be of, $2 the text that its ids
// end in, and $3 the text that the ids end in of what it hangs on.
var rows = []struct{ table, insert string }{
	{"workspaces", `INSERT INTO workspaces (id, name) SELECT $1, $2 || $3`},
	{"members", `INSERT INTO members (workspace_id, user_id, role) SELECT $1, 'user' || $2, 'owner' WHERE $3 <> ''`},
	{"api_keys", `INSERT INTO api_keys (id, workspace_id, name, hash, hint, role, created_by) SELECT 'key' || $2, $1, 'n', sha256($2::bytea), '', 'admin', $3`},
	{"idempotency_keys", `INSERT INTO idempotency_keys (workspace_id, key, fingerprint) SELECT $1, 'key' || $2, $3::bytea`},
	{"workflows", `INSERT INTO workflows (id, workspace_id, name, document, created_by, updated_by) SELECT 'wfl' || $2, $1, $3, '{}', ` + actor + `, ` + actor},
	{"workflow_versions", `INSERT INTO workflow_versions (workflow_id, version, workspace_id, document, published_by) SELECT 'wfl' || $3, length($2), $1, '{}', ` + actor},
	{"runs", `INSERT INTO runs (id, workspace_id, workflow_id, version, status, inputs, created_by) SELECT 'run' || $2, $1, $3, 1, 'queued', '{}', ` + actor},
	{"scopes", `INSERT INTO scopes (run_id, path, workspace_id, status, variables) SELECT 'run' || $3, $2, $1, 'running', '{}'`},
	{"steps", `INSERT INTO steps (run_id, path, workspace_id, scope, node_id, type, status) SELECT 'run' || $3, $2, $1, '', 'a', 'wait', 'running'`},
	{"calls", `INSERT INTO calls (run_id, step, attempt, generation, number, workspace_id, kind, name, status) SELECT 'run' || $3, $2, 1, 1, 1, $1, 'tool', 't', 'started'`},
	{"approvals", `INSERT INTO approvals (id, workspace_id, run_id, step, kind, status, title, digest) SELECT 'apr' || $2, $1, 'run' || $3, 'a', 'approval', 'pending', '', ''`},
	{"events", `INSERT INTO events (run_id, seq, workspace_id, type, data) SELECT 'run' || $3, length($2), $1, 'log', '{}'`},
	{"direct_calls", `INSERT INTO direct_calls (id, workspace_id, purpose, provider, model, created_by) SELECT 'cal' || $2, $1, 'judge', $3, '', ` + actor},
	{"evaluations", `INSERT INTO evaluations (id, workspace_id, workflow_id, name, cases, case_count, created_by, updated_by) SELECT 'evl' || $2, $1, 'wfl' || $3, '', '[]', 0, ` + actor + `, ` + actor},
	{"evaluation_runs", `INSERT INTO evaluation_runs (id, workspace_id, evaluation_id, workflow_id, version, max_parallel, budget, created_by)
		SELECT 'evr' || $2, $1, 'evl' || $3, '', 1, 1, '{}', ` + actor},
	{"evaluation_results", `INSERT INTO evaluation_results (evaluation_run_id, position, workspace_id, name, inputs, expect, run_id) SELECT 'evr' || $3, length($2), $1, '', '{}', '{}', ''`},
	{"artifacts", `INSERT INTO artifacts (id, workspace_id, run_id, media_type, content) SELECT 'art' || $2, $1, 'run' || $3, '', ''`},
}

// hanging are the tables whose rows belong to a run or a workflow.
var hanging = []string{"workflow_versions", "scopes", "steps", "calls", "approvals", "events", "artifacts", "evaluations", "evaluation_runs", "evaluation_results"}

// owner is the column that says whose a row is.
func owner(table string) string {
	if table == "workspaces" {
		return "id"
	}
	return "workspace_id"
}

// Two workspaces with a row in every table.
const mine, theirs = "wsp_mine", "wsp_theirs"

func filled(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := databasetest.Open(t)
	for _, workspace := range []string{mine, theirs} {
		err := database.InWorkspace(t.Context(), pool, workspace, func(tx pgx.Tx) error {
			for _, row := range rows {
				if _, err := tx.Exec(t.Context(), row.insert, workspace, workspace, workspace); err != nil {
					t.Fatalf("%s: %v", row.table, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pool
}

// try runs a statement in my workspace and takes it back.
func try(t *testing.T, pool *pgxpool.Pool, statement string, arguments ...any) (affected int64, err error) {
	t.Helper()
	_ = database.InWorkspace(t.Context(), pool, mine, func(tx pgx.Tx) error {
		tag, execErr := tx.Exec(t.Context(), statement, arguments...)
		affected, err = tag.RowsAffected(), execErr
		return context.Canceled // never commit
	})
	return affected, err
}
