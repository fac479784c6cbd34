package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
)

// Bounds of what a workspace may keep by key.
const (
	MaxEntries     = 10_000
	MaxEntry       = 64 << 10 // bytes of JSON
	MaxMemoryBytes = 64 << 20
)

// Entry is one value. Value is JSON as it was written; empty in lists.
type Entry struct {
	Namespace, Key string
	Value          string
	UpdatedAt      time.Time
	ExpiresAt      *time.Time // nil: it stays
}

const (
	entryColumns = `namespace, key, updated_at, expires_at`
	unexpired    = `(expires_at IS NULL OR expires_at > now())`
)

func (e *Entry) targets() []any { return []any{&e.Namespace, &e.Key, &e.UpdatedAt, &e.ExpiresAt} }

// Entry gives one value, unless its time is over.
func (s *Store) Entry(ctx context.Context, workspace, namespace, key string) (e Entry, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+entryColumns+`, value::text FROM memory_entries WHERE namespace = $1 AND key = $2 AND `+unexpired, namespace, key).
			Scan(append(e.targets(), &e.Value)...)
	})
	return e, orNotFound(err, noEntry(namespace, key))
}

// PutEntry makes or replaces a value, which stays for so long; 0 is for ever.
func (s *Store) PutEntry(ctx context.Context, workspace, namespace, key, value string, stays time.Duration) (e Entry, err error) {
	var expires *time.Time
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		if stays > 0 {
			expires = new(time.Now().Add(stays))
		}
		if err := oneByOne(ctx, tx, "memory", workspace); err != nil {
			return err
		}
		const statement = `INSERT INTO memory_entries (workspace_id, namespace, key, value, bytes, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (workspace_id, namespace, key) DO UPDATE SET value = excluded.value, bytes = excluded.bytes, expires_at = excluded.expires_at, updated_at = now() RETURNING ` + entryColumns
		if err := tx.QueryRow(ctx, statement, workspace, namespace, key, value, len(value), expires).Scan(e.targets()...); err != nil {
			return err
		}
		return within(ctx, tx, `SELECT count(*), coalesce(sum(bytes), 0) FROM memory_entries WHERE `+unexpired, "memory entries", MaxEntries, MaxMemoryBytes)
	})
	e.Value = value
	return e, err
}

// oneByOne lets the puts of a workspace take turns, so that what is kept is counted right.
func oneByOne(ctx context.Context, tx pgx.Tx, kind, workspace string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, kind+" "+workspace)
	return err
}

// within refuses what would be more than a workspace may keep.
func within(ctx context.Context, tx pgx.Tx, counting, what string, most, bytes int64) error {
	var count, size int64
	if err := tx.QueryRow(ctx, counting).Scan(&count, &size); err != nil {
		return err
	}
	if count > most || size > bytes {
		return fmt.Errorf("the workspace would keep %d %s of %d bytes, at most %d of %d bytes are allowed; delete some: %w", count, what, size, most, bytes, ErrConflict)
	}
	return nil
}

// DeleteEntry removes a value.
func (s *Store) DeleteEntry(ctx context.Context, workspace, namespace, key string) error {
	return database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `DELETE FROM memory_entries WHERE namespace = $1 AND key = $2 AND `+unexpired+` RETURNING key`, namespace, key).Scan(&key)
		return orNotFound(err, noEntry(namespace, key))
	})
}

// Entries lists at most limit values of a namespace after a key, in the order of their keys.
func (s *Store) Entries(ctx context.Context, workspace, namespace, prefix, after string, limit int) (entries []Entry, err error) {
	query := fmt.Sprintf(`SELECT %s FROM memory_entries WHERE namespace = $1 AND key > $2 AND starts_with(key, $3) AND %s ORDER BY key LIMIT %d`, entryColumns, unexpired, limit)
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, namespace, after, prefix)
		if err != nil {
			return err
		}
		entries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entry, err error) { return e, row.Scan(e.targets()...) })
		return err
	})
	return entries, err
}

func noEntry(namespace, key string) error { return Missing("memory entry", namespace+"/"+key) }
