package store

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/database"
)

// DirectCall is a call of a model that belongs to no run.
type DirectCall struct {
	ID, Purpose     string // the purpose is generate, refine or judge
	Provider, Model string
	By              Actor
}

// BeginDirectCall writes a call down before it is made.
func (s *Store) BeginDirectCall(ctx context.Context, workspace string, c DirectCall) error {
	return database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO direct_calls (id, workspace_id, purpose, provider, model, created_by) VALUES ($1, $2, $3, $4, $5, $6)`,
			c.ID, workspace, c.Purpose, c.Provider, c.Model, c.By)
		return err
	})
}

// EndDirectCall writes down what a call consumed, and why it failed if it did.
func (s *Store) EndDirectCall(ctx context.Context, workspace, call string, u node.Usage, failure *node.Failure) error {
	if failure != nil {
		cleaned := *failure
		cleaned.Message = withoutNUL(cleaned.Message)
		failure = &cleaned
	}
	return database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE direct_calls SET status = CASE WHEN $5::jsonb IS NULL THEN 'succeeded' ELSE 'failed' END,
			input_tokens = $2, output_tokens = $3, cost = $4, failure = $5, ended_at = clock_timestamp() WHERE id = $1 AND status = 'started'`,
			call, u.InputTokens, u.OutputTokens, u.Cost, failure)
		return err
	})
}

// withoutNUL takes out what PostgreSQL cannot keep.
func withoutNUL(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
