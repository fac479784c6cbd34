package database

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// AppRole is the role of every transaction that reads or writes tenants' rows. It owns nothing, and row-level
// security holds for it.
const AppRole = "agentteam_app"

// EnterSQL makes a transaction that somebody else began see one workspace alone, $1, until its end or LeaveSQL.
const EnterSQL = `SELECT set_config('role', 'agentteam_app', true), set_config('agentteam.workspace_id', $1, true)`

// LeaveSQL gives the transaction back as the login role.
const LeaveSQL = `SELECT set_config('role', 'none', true), set_config('agentteam.workspace_id', '', true)`

// InWorkspace runs fn in one transaction that sees this workspace's rows alone; the database itself refuses the
// others. It commits unless fn returns an error. Beside fn's own statements it costs two round trips.
func InWorkspace(ctx context.Context, pool *pgxpool.Pool, workspace string, fn func(tx pgx.Tx) error) error {
	if workspace == "" {
		return errors.New("a transaction needs a workspace, got none")
	}
	return as(ctx, pool, "agentteam.workspace_id", workspace, fn)
}

// AsUser runs fn in a transaction that sees the memberships of one user and the workspaces they are of, for reading.
func AsUser(ctx context.Context, pool *pgxpool.Pool, userID string, fn func(tx pgx.Tx) error) error {
	if userID == "" {
		return errors.New("a transaction needs a user, got none")
	}
	return as(ctx, pool, "agentteam.user_id", userID, fn)
}

// WithKeyHash runs fn in a transaction that sees the API key with this SHA-256, for reading.
func WithKeyHash(ctx context.Context, pool *pgxpool.Pool, hash [32]byte, fn func(tx pgx.Tx) error) error {
	return as(ctx, pool, "agentteam.key_hash", hex.EncodeToString(hash[:]), fn)
}

// WithWebhook runs fn in a transaction that sees the webhook with this id, for reading.
func WithWebhook(ctx context.Context, pool *pgxpool.Pool, webhook string, fn func(tx pgx.Tx) error) error {
	return as(ctx, pool, "agentteam.webhook_id", webhook, fn)
}

// as begins, puts the role on and says who is asking, all in one message to the server.
func as(ctx context.Context, pool *pgxpool.Pool, setting, value string, fn func(tx pgx.Tx) error) error {
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return fmt.Errorf("%s must be UTF-8 text without NUL, got %q", setting, value)
	}
	return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{BeginQuery: beginSQL(setting, value)}, fn)
}

// beginSQL writes the value as hexadecimal digits: several statements in one message take no parameters, and
// digits cannot be anything but a value.
func beginSQL(setting, value string) string {
	return fmt.Sprintf(`BEGIN; SELECT set_config('role', '%s', true), set_config('%s', convert_from(decode('%x', 'hex'), 'UTF8'), true)`,
		AppRole, setting, value)
}
