package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
)

// Bounds of what a workspace may search.
const (
	MaxDocuments      = 10_000
	MaxDocument       = 1 << 20 // bytes of text
	MaxDocumentsBytes = 64 << 20
)

// SearchDocument is one text, which is found by its chunks. Text is empty in lists.
type SearchDocument struct {
	Name, Text, Metadata string
	Language             string // a text search configuration of PostgreSQL
	Bytes                int64
	Chunks               int32
	UpdatedBy            Actor
	CreatedAt, UpdatedAt time.Time
}

const searchDocumentColumns = `name, metadata::text, language, bytes, chunks, updated_by, created_at, updated_at`

func (d *SearchDocument) targets() []any {
	return []any{&d.Name, &d.Metadata, &d.Language, &d.Bytes, &d.Chunks, &d.UpdatedBy, &d.CreatedAt, &d.UpdatedAt}
}

// KnowsLanguage says whether PostgreSQL has such a text search configuration.
func (s *Store) KnowsLanguage(ctx context.Context, language string) (known bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_ts_config WHERE cfgname = $1)`, language).Scan(&known)
	return known, err
}

// PutDocument makes or replaces a document with its chunks.
func (s *Store) PutDocument(ctx context.Context, workspace string, d SearchDocument, chunks []string) (put SearchDocument, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		if err := oneByOne(ctx, tx, "documents", workspace); err != nil {
			return err
		}
		const statement = `INSERT INTO documents (workspace_id, name, text, metadata, language, bytes, chunks, updated_by) VALUES ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8)
			ON CONFLICT (workspace_id, name) DO UPDATE SET text = excluded.text, metadata = excluded.metadata, language = excluded.language, bytes = excluded.bytes,
			chunks = excluded.chunks, updated_by = excluded.updated_by, updated_at = now() RETURNING ` + searchDocumentColumns
		err := tx.QueryRow(ctx, statement, workspace, d.Name, d.Text, d.Metadata, d.Language, len(d.Text), len(chunks), d.UpdatedBy).Scan(put.targets()...)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM document_chunks WHERE name = $1`, d.Name); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO document_chunks (workspace_id, name, position, text, words)
			SELECT $1, $2, i - 1, text, to_tsvector($3::text::regconfig, text) FROM unnest($4::text[]) WITH ORDINALITY AS chunk (text, i)`, workspace, d.Name, d.Language, chunks); err != nil {
			return err
		}
		return within(ctx, tx, `SELECT count(*), coalesce(sum(bytes), 0) FROM documents`, "documents", MaxDocuments, MaxDocumentsBytes)
	})
	put.Text = d.Text
	return put, err
}

// Document gives one document with its text.
func (s *Store) Document(ctx context.Context, workspace, name string) (d SearchDocument, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+searchDocumentColumns+`, text FROM documents WHERE name = $1`, name).Scan(append(d.targets(), &d.Text)...)
	})
	return d, orNotFound(err, Missing("document", name))
}

// Documents lists at most limit documents after a name, in the order of their names.
func (s *Store) Documents(ctx context.Context, workspace, prefix, after string, limit int) (documents []SearchDocument, err error) {
	query := fmt.Sprintf(`SELECT %s FROM documents WHERE name > $1 AND starts_with(name, $2) ORDER BY name LIMIT %d`, searchDocumentColumns, limit)
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, after, prefix)
		if err != nil {
			return err
		}
		documents, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d SearchDocument, err error) { return d, row.Scan(d.targets()...) })
		return err
	})
	return documents, err
}

// DeleteDocument removes a document with its chunks.
func (s *Store) DeleteDocument(ctx context.Context, workspace, name string) error {
	return database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `DELETE FROM documents WHERE name = $1 RETURNING name`, name).Scan(&name)
		return orNotFound(err, Missing("document", name))
	})
}
