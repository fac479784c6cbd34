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
	{"agents", `INSERT INTO agents (id, workspace_id, name, document, created_by, updated_by) SELECT 'agt' || $2, $1, $3, '{}', ` + actor + `, ` + actor},
	{"agent_versions", `INSERT INTO agent_versions (agent_id, version, workspace_id, document, published_by) SELECT 'agt' || $3, length($2), $1, '{}', ` + actor},
	{"runs", `INSERT INTO runs (id, workspace_id, workflow_id, version, status, inputs, created_by) SELECT 'run' || $2, $1, $3, 1, 'queued', '{}', ` + actor},
	{"scopes", `INSERT INTO scopes (run_id, path, workspace_id, status, variables) SELECT 'run' || $3, $2, $1, 'running', '{}'`},
	{"steps", `INSERT INTO steps (run_id, path, workspace_id, scope, node_id, type, status) SELECT 'run' || $3, $2, $1, '', 'a', 'wait', 'running'`},
	{"calls", `INSERT INTO calls (run_id, step, attempt, generation, number, workspace_id, kind, name, status) SELECT 'run' || $3, $2, 1, 1, 1, $1, 'tool', 't', 'started'`},
	{"approvals", `INSERT INTO approvals (id, workspace_id, run_id, step, kind, status, title, digest) SELECT 'apr' || $2, $1, 'run' || $3, 'a', 'approval', 'pending', '', ''`},
	{"events", `INSERT INTO events (run_id, seq, workspace_id, type, data) SELECT 'run' || $3, length($2), $1, 'log', '{}'`},
	{"credentials", `INSERT INTO credentials (id, workspace_id, name, kind, origins, sealed, created_by) SELECT 'crd' || $2, $1, $3, 'bearer', '{}', '', ` + actor},
	{"mcp_servers", `INSERT INTO mcp_servers (id, workspace_id, name, url, credential_id, approval, tool_approvals, tools, created_by)
		SELECT 'mcp' || $2, $1, '', '', 'crd' || $3, 'never', '{}', '[]', ` + actor},
	{"suspensions", `INSERT INTO suspensions (run_id, step, generation, attempt, serial, workspace_id, results) SELECT 'run' || $3, $2, 1, 1, 1, $1, '[]'`},
	{"schedules", `INSERT INTO schedules (id, workspace_id, name, workflow_id, version, inputs, cron, time_zone, overlap, catch_up, catch_up_window, created_by, updated_by)
		SELECT 'sch' || $2, $1, '', 'wfl' || $3, 1, '{}', '', '', 'skip', 'none', 60, ` + actor + `, ` + actor},
	{"schedule_ticks", `INSERT INTO schedule_ticks (schedule_id, due_at, workspace_id, outcome) SELECT 'sch' || $3, '2026-01-01'::timestamptz + length($2) * interval '1 s', $1, 'started'`},
	{"webhooks", `INSERT INTO webhooks (id, workspace_id, name, form, workflow_id, version, inputs, secret, created_by) SELECT 'whk' || $2, $1, '', 'github', 'wfl' || $3, 1, '{}', '', ` + actor},
	{"webhook_deliveries", `INSERT INTO webhook_deliveries (webhook_id, delivery_id, workspace_id, run_id) SELECT 'whk' || $3, $2, $1, 'run'`},
	{"webhook_endpoints", `INSERT INTO webhook_endpoints (id, workspace_id, url, event_types, secret, created_by) SELECT 'whe' || $2, $1, $3, '{}', '', ` + actor},
	{"endpoint_deliveries", `INSERT INTO endpoint_deliveries (id, workspace_id, endpoint_id, event_type, run_id, payload) SELECT 'dlv' || $2, $1, 'whe' || $3, '', '', '{}'`},
	{"threads", `INSERT INTO threads (id, workspace_id, created_by) SELECT 'thr' || $2, $1, ` + actor + ` WHERE $3 <> ''`},
	{"thread_messages", `INSERT INTO thread_messages (thread_id, seq, workspace_id, role, text) SELECT 'thr' || $3, length($2), $1, 'user', ''`},
	{"memory_entries", `INSERT INTO memory_entries (workspace_id, namespace, key, value, bytes) SELECT $1, 'n', $2, '1', length($3)`},
	{"documents", `INSERT INTO documents (workspace_id, name, text, language, bytes, chunks, updated_by) SELECT $1, 'doc' || $2, $3, 'english', 0, 1, ` + actor},
	{"document_chunks", `INSERT INTO document_chunks (workspace_id, name, position, text, words) SELECT $1, 'doc' || $3, length($2), '', ''`},
	{"direct_calls", `INSERT INTO direct_calls (id, workspace_id, purpose, provider, model, created_by) SELECT 'cal' || $2, $1, 'judge', $3, '', ` + actor},
	{"evaluations", `INSERT INTO evaluations (id, workspace_id, workflow_id, name, cases, case_count, created_by, updated_by) SELECT 'evl' || $2, $1, 'wfl' || $3, '', '[]', 0, ` + actor + `, ` + actor},
	{"evaluation_runs", `INSERT INTO evaluation_runs (id, workspace_id, evaluation_id, workflow_id, version, max_parallel, budget, created_by)
		SELECT 'evr' || $2, $1, 'evl' || $3, '', 1, 1, '{}', ` + actor},
	{"evaluation_results", `INSERT INTO evaluation_results (evaluation_run_id, position, workspace_id, name, inputs, expect, run_id) SELECT 'evr' || $3, length($2), $1, '', '{}', '{}', ''`},
	{"artifacts", `INSERT INTO artifacts (id, workspace_id, run_id, media_type, content) SELECT 'art' || $2, $1, 'run' || $3, '', ''`},
}

// hanging are the tables whose rows belong to a run, a workflow or an agent.
var hanging = []string{"workflow_versions", "agent_versions", "scopes", "steps", "calls", "approvals", "events", "mcp_servers", "suspensions", "artifacts",
	"schedules", "schedule_ticks", "webhooks", "webhook_deliveries", "endpoint_deliveries", "thread_messages", "document_chunks",
	"evaluations", "evaluation_runs", "evaluation_results"}

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
