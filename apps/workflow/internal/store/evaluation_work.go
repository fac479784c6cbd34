package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
)

// mostUnderWay bounds the trials that one look finds, the oldest first.
const mostUnderWay = 100

// UnderWay names a trial that has not ended.
type UnderWay struct{ Workspace, ID string }

// EvaluationsUnderWay finds the trials of all workspaces that have not ended.
func (s *Store) EvaluationsUnderWay(ctx context.Context) (found []UnderWay, err error) {
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('role', $1, true), set_config('agentteam.evaluating', 'on', true)`, database.AppRole); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT workspace_id, id FROM evaluation_runs WHERE ended_at IS NULL ORDER BY created_at LIMIT $1`, mostUnderWay)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[UnderWay])
		return err
	})
	return found, err
}

// ClaimedCase is a case that one process works on for now.
type ClaimedCase struct {
	Workspace, EvaluationRun string
	Position                 int32
	Name, Inputs, Expect     string
	RunID, WorkflowID        string
	Version                  int32
	Budget                   Budget
	By                       Actor
}

// A case is worked on while its run is to be started, or has ended. Those that are queued follow as others end.
const (
	claimQueuedSQL = `UPDATE evaluation_results SET status = 'running', claimed_until = clock_timestamp() + interval '3 minutes'
WHERE evaluation_run_id = $1 AND position IN (SELECT position FROM evaluation_results WHERE evaluation_run_id = $1 AND status = 'queued' ORDER BY position
  LIMIT least($2, greatest(0, $3 - (SELECT count(*) FROM evaluation_results WHERE evaluation_run_id = $1 AND status = 'running'))))
RETURNING position, name, inputs::text, expect::text, run_id`
	claimRunningSQL = `UPDATE evaluation_results AS r SET claimed_until = clock_timestamp() + interval '3 minutes'
WHERE evaluation_run_id = $1 AND position IN (SELECT position FROM evaluation_results AS r WHERE evaluation_run_id = $1 AND status = 'running' AND claimed_until < clock_timestamp()
  AND NOT EXISTS (SELECT FROM runs WHERE id = r.run_id AND ended_at IS NULL) ORDER BY position LIMIT $2)
RETURNING position, name, inputs::text, expect::text, run_id`
)

// ClaimCases claims at most so many cases of a trial, so that no other process works on them for longer than a judge may take. It gives
// none while another process claims.
func (s *Store) ClaimCases(ctx context.Context, workspace, run string, most int) (claimed []ClaimedCase, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		common := ClaimedCase{Workspace: workspace, EvaluationRun: run}
		var parallel int
		err := tx.QueryRow(ctx, `SELECT workflow_id, version, budget, created_by, max_parallel FROM evaluation_runs WHERE id = $1 AND ended_at IS NULL FOR UPDATE SKIP LOCKED`, run).
			Scan(&common.WorkflowID, &common.Version, &common.Budget, &common.By, &parallel)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if claimed, err = collectCases(ctx, tx, common, claimRunningSQL, run, most); err != nil {
			return err
		}
		queued, err := collectCases(ctx, tx, common, claimQueuedSQL, run, most-len(claimed), parallel)
		claimed = append(claimed, queued...)
		return err
	})
	return claimed, err
}

func collectCases(ctx context.Context, tx pgx.Tx, common ClaimedCase, query string, arguments ...any) ([]ClaimedCase, error) {
	rows, err := tx.Query(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (ClaimedCase, error) {
		c := common
		return c, row.Scan(&c.Position, &c.Name, &c.Inputs, &c.Expect, &c.RunID)
	})
}

// ReleaseCase lets any process work on a case again, after a pause.
func (s *Store) ReleaseCase(ctx context.Context, c ClaimedCase, pause time.Duration) error {
	return database.InWorkspace(ctx, s.pool, c.Workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE evaluation_results SET claimed_until = clock_timestamp() + $3::interval WHERE evaluation_run_id = $1 AND position = $2 AND status = 'running'`,
			c.EvaluationRun, c.Position, pause)
		return err
	})
}

// EndCase records the verdict on a case, once, and ends its trial with the last one.
func (s *Store) EndCase(ctx context.Context, c ClaimedCase, passed bool, score *float64, reason string) error {
	status := "failed"
	if passed {
		status = "passed"
	}
	return database.InWorkspace(ctx, s.pool, c.Workspace, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM evaluation_runs WHERE id = $1 FOR UPDATE`, c.EvaluationRun); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE evaluation_results SET status = $3, score = $4, reason = $5 WHERE evaluation_run_id = $1 AND position = $2 AND status = 'running'`,
			c.EvaluationRun, c.Position, status, score, withoutNUL(reason)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE evaluation_runs SET ended_at = clock_timestamp() WHERE id = $1 AND ended_at IS NULL
			AND NOT EXISTS (SELECT FROM evaluation_results WHERE evaluation_run_id = $1 AND status IN ('queued', 'running'))`, c.EvaluationRun)
		return err
	})
}
