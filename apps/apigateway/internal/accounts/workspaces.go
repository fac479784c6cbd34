package accounts

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
)

// User is a person as the sign-in knows them.
type User struct {
	ID    string
	Email string // may be empty
}

// Workspace is a tenant.
type Workspace struct {
	ID        string
	Name      string
	Role      identity.Role // of who asks
	CreatedAt time.Time
}

// CreateWorkspace makes a workspace that the user owns.
func (a *Accounts) CreateWorkspace(ctx context.Context, user User, name string) (Workspace, error) {
	if err := checkName(name); err != nil {
		return Workspace{}, err
	}
	mine, err := a.Workspaces(ctx, user.ID)
	if err != nil {
		return Workspace{}, err
	}
	if len(mine) >= MaxWorkspaces {
		return Workspace{}, fail(LimitReached, "a user may be in %d workspaces and is in %d: leave or delete one", MaxWorkspaces, len(mine))
	}
	w := Workspace{ID: id.New(id.Workspace), Name: name, Role: identity.Owner}
	err = database.InWorkspace(ctx, a.pool, w.ID, func(tx pgx.Tx) error {
		if w.CreatedAt, err = insertWorkspace(ctx, tx, w); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO members (workspace_id, user_id, email, role) VALUES ($1, $2, $3, $4)`, w.ID, user.ID, user.Email, w.Role)
		return err
	})
	if err != nil {
		return Workspace{}, err
	}
	a.tell(ctx, scope{User: user.ID})
	return w, nil
}

func insertWorkspace(ctx context.Context, tx pgx.Tx, w Workspace) (created time.Time, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO workspaces (id, name) VALUES ($1, $2) RETURNING created_at`, w.ID, w.Name).Scan(&created)
	return created, err
}

// Workspaces lists those that the user is a member of, by name. It reads the database, not the cache.
func (a *Accounts) Workspaces(ctx context.Context, userID string) ([]Workspace, error) {
	var workspaces []Workspace
	err := database.AsUser(ctx, a.pool, userID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT w.id, w.name, m.role, w.created_at FROM members m JOIN workspaces w ON w.id = m.workspace_id
			WHERE m.user_id = $1 ORDER BY lower(w.name), w.id LIMIT 1000`, userID)
		if err != nil {
			return err
		}
		workspaces, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Workspace])
		return err
	})
	return workspaces, err
}

// Workspace gives the caller's.
func (a *Accounts) Workspace(ctx context.Context, c identity.Caller) (Workspace, error) {
	if err := require(c, identity.WorkspaceRead); err != nil {
		return Workspace{}, err
	}
	w := Workspace{Role: c.Role}
	err := a.read(ctx, c, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT id, name, created_at FROM workspaces WHERE id = $1`, c.Workspace).Scan(&w.ID, &w.Name, &w.CreatedAt)
		return orNotFound(err, "workspace", c.Workspace)
	})
	return w, err
}

// RenameWorkspace renames the caller's.
func (a *Accounts) RenameWorkspace(ctx context.Context, c identity.Caller, name string) (Workspace, error) {
	if err := require(c, identity.WorkspaceManage); err != nil {
		return Workspace{}, err
	}
	if err := checkName(name); err != nil {
		return Workspace{}, err
	}
	w := Workspace{Role: c.Role}
	err := a.change(ctx, c, "", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `UPDATE workspaces SET name = $2 WHERE id = $1 RETURNING id, name, created_at`, c.Workspace, name).Scan(&w.ID, &w.Name, &w.CreatedAt)
	})
	return w, err
}

// DeleteWorkspace deletes the caller's with everything in it: members, keys, workflows, runs.
func (a *Accounts) DeleteWorkspace(ctx context.Context, c identity.Caller) error {
	if err := require(c, identity.WorkspaceDelete); err != nil {
		return err
	}
	return a.change(ctx, c, "", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM workspaces WHERE id = $1`, c.Workspace)
		return err
	})
}
