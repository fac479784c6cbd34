package accounts

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
)

// Key is an API key without its secret.
type Key struct {
	ID         string
	Name       string
	Hint       string // its last characters
	Role       identity.Role
	CreatedBy  string // a user's or a key's id
	CreatedAt  time.Time
	ExpiresAt  *time.Time // nil: never
	RevokedAt  *time.Time
	LastUsedAt *time.Time // at most a minute old
}

// NewKey is what a key is made of.
type NewKey struct {
	Name      string
	Role      identity.Role // anything but owner, and within the caller's own
	ExpiresAt *time.Time
}

const keyColumns = `id, name, hint, role, created_by, created_at, expires_at, revoked_at, last_used_at`

// CreateKey makes a key. The secret is nowhere kept: this is the only time that it can be shown.
func (a *Accounts) CreateKey(ctx context.Context, c identity.Caller, k NewKey) (key Key, secret string, err error) {
	if err := checkKey(c, k); err != nil {
		return Key{}, "", err
	}
	err = a.change(ctx, c, "", func(tx pgx.Tx) error {
		if err := makeRoom(ctx, tx, c.Workspace); err != nil {
			return err
		}
		key, secret, err = insertKey(ctx, tx, c, k)
		return err
	})
	if err != nil {
		return Key{}, "", err
	}
	return key, secret, nil
}

func insertKey(ctx context.Context, tx pgx.Tx, c identity.Caller, k NewKey) (Key, string, error) {
	secret := newSecret()
	hash, _ := HashSecret(secret)
	rows, err := tx.Query(ctx, `INSERT INTO api_keys (id, workspace_id, name, hash, hint, role, created_by, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING `+keyColumns,
		id.New(id.Key), c.Workspace, k.Name, hash[:], hint(secret), k.Role, c.Subject, k.ExpiresAt)
	if err != nil {
		return Key{}, "", err
	}
	key, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Key])
	return key, secret, err
}

func checkKey(c identity.Caller, k NewKey) error {
	if err := require(c, identity.KeysManage); err != nil {
		return err
	}
	if err := checkName(k.Name); err != nil {
		return err
	}
	if !k.Role.Valid() || k.Role == identity.Owner {
		return invalid("role", "must be admin, editor, operator or viewer, got %q", cut(string(k.Role)))
	}
	if !k.Role.Within(c.Role) {
		return fail(Forbidden, "a key may not do more than who creates it: the role %s is not within %s", k.Role, c.Role)
	}
	if k.ExpiresAt != nil && !k.ExpiresAt.After(time.Now()) {
		return invalid("expires_at", "must be in the future, got %s", k.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return nil
}

// makeRoom counts the keys that work and drops the oldest of those that no longer do.
func makeRoom(ctx context.Context, tx pgx.Tx, workspace string) error {
	var live int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM api_keys WHERE workspace_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`, workspace).Scan(&live)
	if err != nil {
		return err
	}
	if live >= MaxKeys {
		return fail(LimitReached, "a workspace may have %d API keys and has %d: revoke one first", MaxKeys, live)
	}
	_, err = tx.Exec(ctx, `DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE workspace_id = $1 AND (revoked_at IS NOT NULL OR expires_at <= now())
		ORDER BY created_at DESC, id DESC OFFSET $2)`, workspace, MaxOldKeys)
	return err
}

// Keys lists the workspace's, the newest first; revoked and expired ones too.
func (a *Accounts) Keys(ctx context.Context, c identity.Caller) ([]Key, error) {
	return a.keys(ctx, c, `SELECT `+keyColumns+` FROM api_keys WHERE workspace_id = $1 ORDER BY created_at DESC, id DESC`, c.Workspace)
}

// Key gives one of the workspace's.
func (a *Accounts) Key(ctx context.Context, c identity.Caller, keyID string) (Key, error) {
	keys, err := a.keys(ctx, c, `SELECT `+keyColumns+` FROM api_keys WHERE workspace_id = $1 AND id = $2`, c.Workspace, keyID)
	if err != nil {
		return Key{}, err
	}
	if len(keys) == 0 {
		return Key{}, fail(NotFound, "there is no API key %q", cut(keyID))
	}
	return keys[0], nil
}

func (a *Accounts) keys(ctx context.Context, c identity.Caller, sql string, arguments ...any) (keys []Key, err error) {
	if err := require(c, identity.KeysManage); err != nil {
		return nil, err
	}
	err = a.read(ctx, c, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, arguments...)
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Key])
		return err
	})
	return keys, err
}

// RevokeKey ends a key: at once here, within a minute wherever Redis does not tell. Revoking again is no error.
func (a *Accounts) RevokeKey(ctx context.Context, c identity.Caller, keyID string) error {
	if err := require(c, identity.KeysManage); err != nil {
		return err
	}
	return a.change(ctx, c, "", func(tx pgx.Tx) error {
		updated, err := tx.Exec(ctx, `UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE workspace_id = $1 AND id = $2`, c.Workspace, keyID)
		if err == nil && updated.RowsAffected() == 0 {
			return fail(NotFound, "there is no API key %q", cut(keyID))
		}
		return err
	})
}
