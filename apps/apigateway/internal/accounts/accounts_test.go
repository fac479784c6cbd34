package accounts_test

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/identity"
)

// on is Accounts of a process of its own, without Redis.
func on(pool *pgxpool.Pool) *accounts.Accounts {
	return accounts.New(accounts.Options{Pool: pool, Log: slog.New(slog.DiscardHandler)})
}

// workspaceOf is a new workspace and its owner, the user.
func workspaceOf(t *testing.T, a *accounts.Accounts, user string) identity.Caller {
	t.Helper()
	w, err := a.CreateWorkspace(t.Context(), accounts.User{ID: user, Email: user + "@example.com"}, "Team of "+user)
	if err != nil {
		t.Fatal(err)
	}
	return identity.Caller{Workspace: w.ID, Subject: user, Kind: identity.KindUser, Role: identity.Owner}
}

// as is the caller with another role and name.
func as(c identity.Caller, subject string, role identity.Role) identity.Caller {
	c.Subject, c.Role = subject, role
	return c
}

// wants fails the test unless err is of the code; no code wants no error.
func wants(t *testing.T, what string, err error, code accounts.Code) {
	t.Helper()
	got, ok := errors.AsType[*accounts.Error](err)
	if code == "" && err == nil || ok && got.Code == code {
		return
	}
	t.Errorf("%s: got %v, want %q", what, err, code)
}

func TestWorkspaces(t *testing.T) {
	a := on(databasetest.Open(t))
	ada, bob := workspaceOf(t, a, "ada"), workspaceOf(t, a, "bob")

	mine, err := a.Workspaces(t.Context(), "ada")
	if err != nil || len(mine) != 1 || mine[0].ID != ada.Workspace || mine[0].Role != identity.Owner || mine[0].Name != "Team of ada" {
		t.Errorf("ada sees %+v, %v", mine, err)
	}
	if w, err := a.RenameWorkspace(t.Context(), ada, "Größe ✓"); err != nil || w.Name != "Größe ✓" {
		t.Errorf("got %+v, %v", w, err)
	}
	if w, err := a.Workspace(t.Context(), as(ada, "vic", identity.Viewer)); err != nil || w.Name != "Größe ✓" || w.Role != identity.Viewer {
		t.Errorf("got %+v, %v", w, err)
	}
	for _, name := range []string{"", "a\nb", string(make([]rune, 101)), "\xff"} {
		_, err := a.RenameWorkspace(t.Context(), ada, name)
		wants(t, "rename to "+name, err, accounts.Invalid)
	}
	_, err = a.RenameWorkspace(t.Context(), as(ada, "ed", identity.Editor), "Mine")
	wants(t, "an editor renames", err, accounts.Forbidden)
	wants(t, "an admin deletes", a.DeleteWorkspace(t.Context(), as(ada, "adm", identity.Admin)), accounts.Forbidden)
	wants(t, "the owner deletes", a.DeleteWorkspace(t.Context(), ada), "")
	wants(t, "the owner deletes again", a.DeleteWorkspace(t.Context(), ada), accounts.NotFound)
	_, err = a.Workspace(t.Context(), ada)
	wants(t, "a deleted one is read", err, accounts.NotFound)
	if rest, err := a.Workspaces(t.Context(), "bob"); err != nil || len(rest) != 1 || rest[0].ID != bob.Workspace {
		t.Errorf("bob sees %+v, %v", rest, err)
	}
}

func TestAWorkspaceOfTheOperatorHasAKeyThatWorks(t *testing.T) {
	pool := databasetest.Open(t)
	workspace, secret, err := accounts.CreateWorkspaceWithKey(t.Context(), pool, "Development", identity.Admin)
	if err != nil {
		t.Fatal(err)
	}
	again, other, err := accounts.CreateWorkspaceWithKey(t.Context(), pool, workspace, identity.Viewer)
	if err != nil || again != workspace || other == secret {
		t.Fatalf("%s and %s, %v", workspace, again, err)
	}
	for secret, role := range map[string]identity.Role{secret: identity.Admin, other: identity.Viewer} {
		hash, ok := accounts.HashSecret(secret)
		if k, found, err := on(pool).FindKey(t.Context(), hash); !ok || !found || err != nil || k.Workspace != workspace || k.Role != role {
			t.Errorf("%+v, %t, %v", k, found, err)
		}
	}
	_, _, err = accounts.CreateWorkspaceWithKey(t.Context(), pool, "wsp_00000000000000000000000000", identity.Admin)
	wants(t, "a key in no workspace", err, accounts.NotFound)
	_, _, err = accounts.CreateWorkspaceWithKey(t.Context(), pool, "Development", identity.Owner)
	wants(t, "a key of an owner", err, accounts.Invalid)
}
