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

// AnyRevision overwrites whatever there is.
const AnyRevision = 0

// Workflow is a document's life. Document is the draft as it was written; empty in lists.
type Workflow struct {
	ID, Name, Description string
	Document              string
	Revision              int64
	PublishedVersion      int32 // 0: none
	CreatedBy, UpdatedBy  Actor
	CreatedAt, UpdatedAt  time.Time
}

// Draft is what a change writes. Name and description are those of the document, for lists.
type Draft struct {
	Document, Name, Description string
	By                          Actor
}

const workflowColumns = `id, name, description, revision, published_version, created_by, created_at, updated_by, updated_at`

// CreateWorkflow keeps a new draft.
func (s *Store) CreateWorkflow(ctx context.Context, workspace string, d Draft) (w Workflow, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		const statement = `INSERT INTO workflows (id, workspace_id, name, description, document, created_by, updated_by)
			VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING ` + workflowColumns
		return tx.QueryRow(ctx, statement, id.New(id.Workflow), workspace, d.Name, d.Description, d.Document, d.By).Scan(w.targets()...)
	})
	w.Document = d.Document
	return w, err
}

// Workflow gives one workflow with its draft.
func (s *Store) Workflow(ctx context.Context, workspace, workflow string) (w Workflow, err error) {
	if !id.Valid(id.Workflow, workflow) {
		return Workflow{}, noWorkflow(workflow)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		const query = `SELECT ` + workflowColumns + `, document::text FROM workflows WHERE id = $1 AND deleted_at IS NULL`
		return tx.QueryRow(ctx, query, workflow).Scan(append(w.targets(), &w.Document)...)
	})
	return w, orNotFound(err, noWorkflow(workflow))
}

// Workflows lists at most limit workflows after the cursor, the newest first: those whose name contains the text, in
// any case.
func (s *Store) Workflows(ctx context.Context, workspace, nameContains string, after paging.Cursor, limit int) (workflows []Workflow, err error) {
	f := &filter{}
	f.add("deleted_at IS NULL")
	if nameContains != "" {
		f.add("position(lower(?) IN lower(name)) > 0", nameContains)
	}
	if !after.First() {
		f.add("(created_at, id) < (?, ?)", after.Time, after.ID)
	}
	query := fmt.Sprintf(`SELECT %s FROM workflows%s ORDER BY created_at DESC, id DESC LIMIT %d`, workflowColumns, f.where(), limit)
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, f.arguments...)
		if err != nil {
			return err
		}
		workflows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (w Workflow, err error) { return w, row.Scan(w.targets()...) })
		return err
	})
	return workflows, err
}

// UpdateWorkflow replaces the draft, if it is still of the revision. Else the error is ErrStale.
func (s *Store) UpdateWorkflow(ctx context.Context, workspace, workflow string, revision int64, d Draft) (w Workflow, err error) {
	err = s.change(ctx, workspace, workflow, revision, func(tx pgx.Tx) error {
		const statement = `UPDATE workflows SET name = $3, description = $4, document = $5, updated_by = $6, updated_at = now(), revision = revision + 1
			WHERE id = $1 AND deleted_at IS NULL AND ($2 = 0::bigint OR revision = $2) RETURNING ` + workflowColumns
		return tx.QueryRow(ctx, statement, workflow, revision, d.Name, d.Description, d.Document, d.By).Scan(w.targets()...)
	})
	w.Document = d.Document
	return w, err
}

// DeleteWorkflow hides the workflow and its versions, if the draft is still of the revision. Runs keep finding their version.
func (s *Store) DeleteWorkflow(ctx context.Context, workspace, workflow string, revision int64) error {
	return s.change(ctx, workspace, workflow, revision, func(tx pgx.Tx) error {
		const statement = `UPDATE workflows SET deleted_at = now() WHERE id = $1 AND deleted_at IS NULL AND ($2 = 0::bigint OR revision = $2) RETURNING id`
		return tx.QueryRow(ctx, statement, workflow, revision).Scan(&workflow)
	})
}

// change runs a statement that gives no row when the workflow is gone or of another revision, and says which.
func (s *Store) change(ctx context.Context, workspace, workflow string, revision int64, statement func(tx pgx.Tx) error) error {
	if !id.Valid(id.Workflow, workflow) {
		return noWorkflow(workflow)
	}
	return database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		err := statement(tx)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		var current int64
		err = tx.QueryRow(ctx, `SELECT revision FROM workflows WHERE id = $1 AND deleted_at IS NULL`, workflow).Scan(&current)
		if err != nil {
			return orNotFound(err, noWorkflow(workflow))
		}
		return fmt.Errorf("the draft of workflow %s is at revision %d, not %d: %w; read it again and repeat the change on it", workflow, current, revision, ErrStale)
	})
}

// targets are where the workflowColumns go.
func (w *Workflow) targets() []any {
	return []any{&w.ID, &w.Name, &w.Description, &w.Revision, &w.PublishedVersion, &w.CreatedBy, &w.CreatedAt, &w.UpdatedBy, &w.UpdatedAt}
}

func noWorkflow(workflow string) error { return Missing("workflow", workflow) }
