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

// Bounds of what a workspace may keep of conversations.
const (
	MaxThreads  = 100_000
	MaxMessages = 10_000   // in a thread
	MaxMessage  = 64 << 10 // bytes of one; what agents say is cut there
)

// Thread is one conversation. Summary is empty in lists.
type Thread struct {
	ID, Title  string
	LastSeq    int64
	Summary    string
	Summarized int64    // number of the last message that is in the summary
	Runs       []string // that have not ended, the one under way first
	CreatedBy  Actor
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

const threadColumns = `id, title, last_seq, summarized, created_by, created_at, updated_at,
	ARRAY(SELECT r.id FROM runs r WHERE r.thread_id = threads.id AND r.ended_at IS NULL ORDER BY r.status = 'queued', r.created_at, r.id) AS runs`

func (t *Thread) targets() []any {
	return []any{&t.ID, &t.Title, &t.LastSeq, &t.Summarized, &t.CreatedBy, &t.CreatedAt, &t.UpdatedAt, &t.Runs}
}

// CreateThread makes an empty thread. The same id again gives the thread that is there.
func (s *Store) CreateThread(ctx context.Context, workspace, thread, title string, by Actor) (t Thread, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		var full bool
		if err := tx.QueryRow(ctx, `SELECT count(*) >= $1 FROM (SELECT FROM threads LIMIT $1) AS kept`, MaxThreads).Scan(&full); err != nil {
			return err
		}
		if full {
			return fmt.Errorf("the workspace has %d threads, the most it may keep; delete some: %w", MaxThreads, ErrConflict)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO threads (id, workspace_id, title, created_by) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`, thread, workspace, title, by); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT `+threadColumns+` FROM threads WHERE id = $1`, thread).Scan(t.targets()...)
	})
	return t, orNotFound(err, noThread(thread))
}

// Thread gives one thread with its summary.
func (s *Store) Thread(ctx context.Context, workspace, thread string) (t Thread, err error) {
	if !id.Valid(id.Thread, thread) {
		return Thread{}, noThread(thread)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+threadColumns+`, summary FROM threads WHERE id = $1`, thread).Scan(append(t.targets(), &t.Summary)...)
	})
	return t, orNotFound(err, noThread(thread))
}

// Threads lists at most limit threads after the cursor, the newest first.
func (s *Store) Threads(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]Thread, error) {
	return newest(ctx, s.pool, workspace, `SELECT `+threadColumns+` FROM threads`, &filter{}, after, limit, (*Thread).targets)
}

// DeleteThread removes a thread with its messages, unless a run of it has not ended.
func (s *Store) DeleteThread(ctx context.Context, workspace, thread string) error {
	if !id.Valid(id.Thread, thread) {
		return noThread(thread)
	}
	return database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		// The row first: whoever starts a run of the thread holds it, and its run is seen only after that.
		if err := tx.QueryRow(ctx, `SELECT id FROM threads WHERE id = $1 FOR UPDATE`, thread).Scan(&thread); err != nil {
			return orNotFound(err, noThread(thread))
		}
		var runs []string
		if err := tx.QueryRow(ctx, `SELECT array_agg(id) FROM runs WHERE thread_id = $1 AND ended_at IS NULL`, thread).Scan(&runs); err != nil {
			return err
		}
		if len(runs) > 0 {
			return fmt.Errorf("run %s of thread %s has not ended; cancel it first: %w", runs[0], thread, ErrConflict)
		}
		_, err := tx.Exec(ctx, `DELETE FROM threads WHERE id = $1`, thread)
		return err
	})
}

func noThread(thread string) error { return Missing("thread", thread) }
