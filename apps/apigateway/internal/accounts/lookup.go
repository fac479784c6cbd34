package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/identity"
)

// CachedKey gives the key with this hash if it is known and works; false says nothing about unknown ones.
func (a *Accounts) CachedKey(hash Hash) (Credential, bool) {
	k, found := a.cache.key(hash)
	return k, found && !expired(k)
}

// Age changes with every change that this process makes or hears of: what was asked in an earlier one may be wrong.
func (a *Accounts) Age() uint64 { return a.cache.now() }

// FindKey looks the key up in the database and remembers it for a minute; false if there is none that works.
func (a *Accounts) FindKey(ctx context.Context, hash Hash) (Credential, bool, error) {
	age := a.cache.now()
	k, err := a.findKey(ctx, hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return Credential{}, false, nil
	}
	if err != nil {
		return Credential{}, false, err
	}
	a.cache.putKey(age, hash, k)
	a.markUsed(ctx, k)
	return k, true, nil
}

func (a *Accounts) findKey(ctx context.Context, hash Hash) (k Credential, err error) {
	err = database.WithKeyHash(ctx, a.pool, hash, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT id, workspace_id, role, expires_at FROM api_keys
			WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`, hash[:]).
			Scan(&k.ID, &k.Workspace, &k.Role, &k.ExpiresAt)
	})
	return k, err
}

// markUsed costs a write a minute for each process, because it comes with a look-up. It fails nobody.
func (a *Accounts) markUsed(ctx context.Context, k Credential) {
	err := database.InWorkspace(ctx, a.pool, k.Workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE api_keys SET last_used_at = now()
			WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '50 seconds')`, k.ID)
		return err
	})
	if err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "the use of an API key was not noted", "key", k.ID, "error", err)
	}
}

func expired(k Credential) bool { return k.ExpiresAt != nil && !time.Now().Before(*k.ExpiresAt) }

// Memberships gives the workspaces and roles of a user, at most 30 s old. The caller must not change the slice.
func (a *Accounts) Memberships(ctx context.Context, userID string) ([]Membership, error) {
	if m, found := a.cache.membershipsOf(userID); found {
		return m, nil
	}
	age := a.cache.now()
	var memberships []Membership
	err := database.AsUser(ctx, a.pool, userID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT workspace_id, role FROM members WHERE user_id = $1 ORDER BY workspace_id LIMIT 1000`, userID)
		if err != nil {
			return err
		}
		memberships, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Membership])
		return err
	})
	if err != nil {
		return nil, err
	}
	a.cache.putMemberships(age, userID, memberships)
	return memberships, nil
}

// RoleIn gives the user's role in the workspace; false if there is none, or no such workspace.
func (a *Accounts) RoleIn(ctx context.Context, userID, workspace string) (identity.Role, bool, error) {
	memberships, err := a.Memberships(ctx, userID)
	for _, m := range memberships {
		if m.Workspace == workspace {
			return m.Role, true, err
		}
	}
	return "", false, err
}
