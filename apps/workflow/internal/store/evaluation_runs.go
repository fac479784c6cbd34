package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// EvaluationRun is one trial of one version against the cases that there were. Results are left out of lists.
type EvaluationRun struct {
	ID, EvaluationID, WorkflowID string
	Version                      int32
	CaseCount, Passed, Failed    int32
	CreatedBy                    Actor
	CreatedAt                    time.Time
	EndedAt                      *time.Time
	Results                      []EvaluationResult
}

// EvaluationResult is what one case gave.
type EvaluationResult struct {
	Name, RunID, Status string
	Score               *float64
	Reason              string
}

// NewEvaluationRun is a trial to be made.
type NewEvaluationRun struct {
	ID          string // empty chooses one
	Evaluation  Evaluation
	Version     int
	MaxParallel int
	Budget      Budget
	By          Actor
	Cases       []NewCase
}

// NewCase is one case of it. Inputs and Expect are JSON.
type NewCase struct{ Name, Inputs, Expect string }

const evaluationRunQuery = `SELECT id, evaluation_id, workflow_id, version, (SELECT count(*) FROM evaluation_results WHERE evaluation_run_id = id),
	(SELECT count(*) FROM evaluation_results WHERE evaluation_run_id = id AND status = 'passed'),
	(SELECT count(*) FROM evaluation_results WHERE evaluation_run_id = id AND status = 'failed'), created_by, created_at, ended_at FROM evaluation_runs`

// CreateEvaluationRun keeps a trial; the keeper of evaluations finds it. The same id again gives the same, unless it is of another evaluation.
func (s *Store) CreateEvaluationRun(ctx context.Context, workspace string, n NewEvaluationRun) (created string, err error) {
	if n.ID == "" {
		n.ID = id.New(id.EvaluationRun)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO evaluation_runs (id, workspace_id, evaluation_id, workflow_id, version, max_parallel, budget, created_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
			n.ID, workspace, n.Evaluation.ID, n.Evaluation.WorkflowID, n.Version, n.MaxParallel, n.Budget, n.By)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			var same bool
			if err := tx.QueryRow(ctx, `SELECT evaluation_id = $2 FROM evaluation_runs WHERE id = $1`, n.ID, n.Evaluation.ID).Scan(&same); err != nil || !same {
				return fmt.Errorf("there is another evaluation run with the id %s already; choose a new id: %w", n.ID, ErrConflict)
			}
			return nil
		}
		return insertResults(ctx, tx, workspace, n)
	})
	return n.ID, err
}

// insertResults keeps the cases, each with the id of its run. PostgreSQL copies into no table that has row-level security.
func insertResults(ctx context.Context, tx pgx.Tx, workspace string, n NewEvaluationRun) error {
	count := len(n.Cases)
	names, inputs, expect, runs := make([]string, count), make([]string, count), make([]string, count), make([]string, count)
	for i, c := range n.Cases {
		names[i], inputs[i], expect[i], runs[i] = c.Name, c.Inputs, c.Expect, id.New(id.Run)
	}
	_, err := tx.Exec(ctx, `INSERT INTO evaluation_results (evaluation_run_id, workspace_id, position, name, inputs, expect, run_id)
		SELECT $1, $2, position - 1, name, inputs::json, expect::json, run_id
		FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS row (name, inputs, expect, run_id, position)`,
		n.ID, workspace, names, inputs, expect, runs)
	return err
}

// EvaluationRun gives one trial with its results, in the order of the cases.
func (s *Store) EvaluationRun(ctx context.Context, workspace, run string) (r EvaluationRun, err error) {
	missing := Missing("evaluation run", run)
	if !id.Valid(id.EvaluationRun, run) {
		return r, missing
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, evaluationRunQuery+` WHERE id = $1`, run).Scan(r.targets()...); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT name, run_id, status, score, reason FROM evaluation_results WHERE evaluation_run_id = $1 ORDER BY position`, run)
		if err != nil {
			return err
		}
		r.Results, err = pgx.CollectRows(rows, pgx.RowToStructByPos[EvaluationResult])
		return err
	})
	return r, orNotFound(err, missing)
}

// EvaluationRuns lists at most limit trials of an evaluation after the cursor, the newest first.
func (s *Store) EvaluationRuns(ctx context.Context, workspace, evaluation string, after paging.Cursor, limit int) ([]EvaluationRun, error) {
	f := &filter{}
	f.add("evaluation_id = ?", evaluation)
	return newest(ctx, s.pool, workspace, evaluationRunQuery, f, after, limit, (*EvaluationRun).targets)
}

// targets are where the columns of evaluationRunQuery go.
func (r *EvaluationRun) targets() []any {
	return []any{&r.ID, &r.EvaluationID, &r.WorkflowID, &r.Version, &r.CaseCount, &r.Passed, &r.Failed, &r.CreatedBy, &r.CreatedAt, &r.EndedAt}
}
