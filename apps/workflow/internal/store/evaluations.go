package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// Evaluation is a set of cases for one workflow. Cases are JSON as it was written; empty in lists.
type Evaluation struct {
	ID, WorkflowID, Name string
	Cases                string
	CaseCount            int32
	Revision             int64
	CreatedBy, UpdatedBy Actor
	CreatedAt, UpdatedAt time.Time
}

// CaseSet is what a change of an evaluation writes.
type CaseSet struct {
	Name, Cases string
	Count       int
	By          Actor
}

const evaluationColumns = `id, workflow_id, name, case_count, revision, created_by, updated_by, created_at, updated_at`

// CreateEvaluation keeps new cases for a workflow.
func (s *Store) CreateEvaluation(ctx context.Context, workspace, workflow string, c CaseSet) (e Evaluation, err error) {
	if !id.Valid(id.Workflow, workflow) {
		return e, Missing("workflow", workflow)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		const statement = `INSERT INTO evaluations (id, workspace_id, workflow_id, name, cases, case_count, created_by, updated_by)
			SELECT $1, $2, id, $4, $5, $6, $7, $7 FROM workflows WHERE id = $3 AND deleted_at IS NULL RETURNING ` + evaluationColumns
		return tx.QueryRow(ctx, statement, id.New(id.Evaluation), workspace, workflow, c.Name, c.Cases, c.Count, c.By).Scan(e.targets()...)
	})
	e.Cases = c.Cases
	return e, orNotFound(err, Missing("workflow", workflow))
}

// Evaluation gives one evaluation with its cases.
func (s *Store) Evaluation(ctx context.Context, workspace, evaluation string) (e Evaluation, err error) {
	if !id.Valid(id.Evaluation, evaluation) {
		return e, noEvaluation(evaluation)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+evaluationColumns+`, cases::text FROM evaluations WHERE id = $1`, evaluation).Scan(append(e.targets(), &e.Cases)...)
	})
	return e, orNotFound(err, noEvaluation(evaluation))
}

// Evaluations lists at most limit evaluations after the cursor, the newest first; those of one workflow if it is named.
func (s *Store) Evaluations(ctx context.Context, workspace, workflow string, after paging.Cursor, limit int) ([]Evaluation, error) {
	f := &filter{}
	if workflow != "" {
		f.add("workflow_id = ?", workflow)
	}
	return newest(ctx, s.pool, workspace, `SELECT `+evaluationColumns+` FROM evaluations`, f, after, limit, (*Evaluation).targets)
}

// UpdateEvaluation replaces name and cases, if they are still of the revision. Else the error is ErrStale.
func (s *Store) UpdateEvaluation(ctx context.Context, workspace, evaluation string, revision int64, c CaseSet) (e Evaluation, err error) {
	if !id.Valid(id.Evaluation, evaluation) {
		return e, noEvaluation(evaluation)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		const statement = `UPDATE evaluations SET name = $3, cases = $4, case_count = $5, updated_by = $6, updated_at = now(), revision = revision + 1
			WHERE id = $1 AND ($2 = 0::bigint OR revision = $2) RETURNING ` + evaluationColumns
		err := tx.QueryRow(ctx, statement, evaluation, revision, c.Name, c.Cases, c.Count, c.By).Scan(e.targets()...)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		var current int64
		if err := tx.QueryRow(ctx, `SELECT revision FROM evaluations WHERE id = $1`, evaluation).Scan(&current); err != nil {
			return orNotFound(err, noEvaluation(evaluation))
		}
		return fmt.Errorf("evaluation %s is at revision %d, not %d: %w; read it again and repeat the change on it", evaluation, current, revision, ErrStale)
	})
	e.Cases = c.Cases
	return e, err
}

// DeleteEvaluation deletes an evaluation with what its runs gave. The runs of the cases stay.
func (s *Store) DeleteEvaluation(ctx context.Context, workspace, evaluation string) error {
	if !id.Valid(id.Evaluation, evaluation) {
		return noEvaluation(evaluation)
	}
	return database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM evaluations WHERE id = $1`, evaluation)
		if err == nil && tag.RowsAffected() == 0 {
			return noEvaluation(evaluation)
		}
		return err
	})
}

// targets are where the evaluationColumns go.
func (e *Evaluation) targets() []any {
	return []any{&e.ID, &e.WorkflowID, &e.Name, &e.CaseCount, &e.Revision, &e.CreatedBy, &e.UpdatedBy, &e.CreatedAt, &e.UpdatedAt}
}

func noEvaluation(evaluation string) error { return Missing("evaluation", evaluation) }
