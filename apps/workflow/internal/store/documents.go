package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// Documents are the documents of one kind: each has a draft, which may change, and published versions, which never do.
type Documents struct {
	pool         *pgxpool.Pool
	kind, prefix string
}

// Workflows are the workspace's workflows.
func (s *Store) Workflows() Documents { return Documents{s.pool, "workflow", id.Workflow} }

// Agents are the workspace's agents.
func (s *Store) Agents() Documents { return Documents{s.pool, "agent", id.Agent} }

// Runnable are the documents of the kind that the id is of: what a run runs.
func (s *Store) Runnable(name string) Documents {
	if id.Valid(id.Agent, name) {
		return s.Agents()
	}
	return s.Workflows()
}

// AnyRevision overwrites whatever there is.
const AnyRevision = 0

// Document is a document's life. Text is the draft as it was written; empty in lists.
type Document struct {
	ID, Name, Description string
	Text                  string
	Revision              int64
	PublishedVersion      int32 // 0: none
	CreatedBy, UpdatedBy  Actor
	CreatedAt, UpdatedAt  time.Time
}

// Draft is what a change writes. Name and description are those of the document, for lists.
type Draft struct {
	Text, Name, Description string
	By                      Actor
}

const documentColumns = `id, name, description, revision, published_version, created_by, created_at, updated_by, updated_at`

// Create keeps a new draft.
func (d Documents) Create(ctx context.Context, workspace string, draft Draft) (created Document, err error) {
	err = database.InWorkspace(ctx, d.pool, workspace, func(tx pgx.Tx) error {
		const statement = `INSERT INTO workflows (id, workspace_id, name, description, document, created_by, updated_by)
			VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING ` + documentColumns
		return tx.QueryRow(ctx, d.sql(statement), id.New(d.prefix), workspace, draft.Name, draft.Description, draft.Text, draft.By).Scan(created.targets()...)
	})
	created.Text = draft.Text
	return created, err
}

// Get gives one with its draft.
func (d Documents) Get(ctx context.Context, workspace, name string) (found Document, err error) {
	if !id.Valid(d.prefix, name) {
		return Document{}, d.missing(name)
	}
	const query = `SELECT ` + documentColumns + `, document::text FROM workflows WHERE id = $1 AND deleted_at IS NULL`
	err = database.ReadRow(ctx, d.pool, workspace, append(found.targets(), &found.Text), d.sql(query), name)
	return found, orNotFound(err, d.missing(name))
}

// List gives at most limit documents after the cursor, the newest first: those whose name contains the text, in any case.
func (d Documents) List(ctx context.Context, workspace, nameContains string, after paging.Cursor, limit int) ([]Document, error) {
	f := &filter{}
	f.add("deleted_at IS NULL")
	if nameContains != "" {
		f.add("position(lower(?) IN lower(name)) > 0", nameContains)
	}
	return newest(ctx, d.pool, workspace, d.sql(`SELECT `+documentColumns+` FROM workflows`), f, after, limit, (*Document).targets)
}

// Update replaces the draft, if it is still of the revision. Else the error is ErrStale.
func (d Documents) Update(ctx context.Context, workspace, name string, revision int64, draft Draft) (updated Document, err error) {
	err = d.change(ctx, workspace, name, revision, func(tx pgx.Tx) error {
		const statement = `UPDATE workflows SET name = $3, description = $4, document = $5, updated_by = $6, updated_at = now(), revision = revision + 1
			WHERE id = $1 AND deleted_at IS NULL AND ($2 = 0::bigint OR revision = $2) RETURNING ` + documentColumns
		return tx.QueryRow(ctx, d.sql(statement), name, revision, draft.Name, draft.Description, draft.Text, draft.By).Scan(updated.targets()...)
	})
	updated.Text = draft.Text
	return updated, err
}

// Delete hides the document and its versions, if the draft is still of the revision. Runs keep finding their version.
func (d Documents) Delete(ctx context.Context, workspace, name string, revision int64) error {
	return d.change(ctx, workspace, name, revision, func(tx pgx.Tx) error {
		const statement = `UPDATE workflows SET deleted_at = now() WHERE id = $1 AND deleted_at IS NULL AND ($2 = 0::bigint OR revision = $2) RETURNING id`
		return tx.QueryRow(ctx, d.sql(statement), name, revision).Scan(&name)
	})
}

// change runs a statement that gives no row when the document is gone or of another revision, and says which.
func (d Documents) change(ctx context.Context, workspace, name string, revision int64, statement func(tx pgx.Tx) error) error {
	if !id.Valid(d.prefix, name) {
		return d.missing(name)
	}
	return database.InWorkspace(ctx, d.pool, workspace, func(tx pgx.Tx) error {
		err := statement(tx)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		var current int64
		err = tx.QueryRow(ctx, d.sql(`SELECT revision FROM workflows WHERE id = $1 AND deleted_at IS NULL`), name).Scan(&current)
		if err != nil {
			return orNotFound(err, d.missing(name))
		}
		return fmt.Errorf("the draft of %s %s is at revision %d, not %d: %w; read it again and repeat the change on it", d.kind, name, current, revision, ErrStale)
	})
}

// targets are where the documentColumns go.
func (d *Document) targets() []any {
	return []any{&d.ID, &d.Name, &d.Description, &d.Revision, &d.PublishedVersion, &d.CreatedBy, &d.CreatedAt, &d.UpdatedBy, &d.UpdatedAt}
}

func (d Documents) missing(name string) error { return Missing(d.kind, name) }

// sql is a statement that is written for workflows: those of another kind differ in that word alone.
func (d Documents) sql(statement string) string {
	return strings.ReplaceAll(statement, "workflow", d.kind)
}
