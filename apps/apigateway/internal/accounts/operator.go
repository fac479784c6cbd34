package accounts

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
)

// CreateWorkspaceWithKey is for who runs the service: it makes a key with the role in the workspace, which may be
// the id of one that exists; any other name makes a new one, which has no members.
func CreateWorkspaceWithKey(ctx context.Context, pool *pgxpool.Pool, workspace string, role identity.Role) (workspaceID, secret string, err error) {
	a := New(Options{Pool: pool, Log: slog.New(slog.DiscardHandler)})
	operator := identity.Caller{Workspace: workspace, Subject: "operator", Kind: identity.KindUser, Role: identity.Owner}
	key := NewKey{Name: "made by the operator", Role: role}
	if err := checkKey(operator, key); err != nil {
		return "", "", err
	}
	if !id.Valid(id.Workspace, workspace) {
		if operator.Workspace, err = a.createUnowned(ctx, workspace); err != nil {
			return "", "", err
		}
	}
	_, secret, err = a.CreateKey(ctx, operator, key)
	return operator.Workspace, secret, err
}

func (a *Accounts) createUnowned(ctx context.Context, name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	w := Workspace{ID: id.New(id.Workspace), Name: name}
	return w.ID, database.InWorkspace(ctx, a.pool, w.ID, func(tx pgx.Tx) error {
		_, err := insertWorkspace(ctx, tx, w)
		return err
	})
}
