package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/identity"
)

func TestMembers(t *testing.T) {
	a := on(databasetest.Open(t))
	owner := workspaceOf(t, a, "ada")
	admin := as(owner, "adm", identity.Admin)
	put := func(c identity.Caller, user string, role identity.Role) error {
		_, err := a.PutMember(t.Context(), c, accounts.User{ID: user}, role)
		return err
	}
	remove := func(c identity.Caller, user string) error { return a.RemoveMember(t.Context(), c, user) }

	wants(t, "the owner adds an admin", put(owner, "adm", identity.Admin), "")
	wants(t, "an admin adds an editor", put(admin, "ed", identity.Editor), "")
	wants(t, "an admin changes a role", put(admin, "ed", identity.Viewer), "")
	wants(t, "an admin makes an owner", put(admin, "ed", identity.Owner), accounts.Forbidden)
	wants(t, "an editor adds", put(as(owner, "ed", identity.Editor), "x", identity.Viewer), accounts.Forbidden)
	wants(t, "the last owner steps down", put(owner, "ada", identity.Admin), accounts.Conflict)
	wants(t, "the last owner leaves", remove(owner, "ada"), accounts.Conflict)
	wants(t, "a second owner", put(owner, "bob", identity.Owner), "")
	wants(t, "an admin demotes an owner", put(admin, "bob", identity.Admin), accounts.Forbidden)
	wants(t, "an admin removes an owner", remove(admin, "bob"), accounts.Forbidden)
	wants(t, "an owner leaves", remove(owner, "ada"), "")
	wants(t, "a viewer leaves", remove(as(owner, "ed", identity.Viewer), "ed"), "")
	wants(t, "a viewer removes another", remove(as(owner, "ed", identity.Viewer), "adm"), accounts.Forbidden)
	key := as(owner, "adm", identity.Viewer)
	key.Kind = identity.KindAPIKey
	wants(t, "a key that is named like a user", remove(key, "adm"), accounts.Forbidden)
	wants(t, "nobody is removed", remove(admin, "nobody"), accounts.NotFound)

	members, err := a.Members(t.Context(), as(owner, "v", identity.Viewer))
	if err != nil || len(members) != 2 || members[0].UserID != "adm" || members[1].UserID != "bob" {
		t.Errorf("left are %+v, %v", members, err)
	}
}

func TestMembersAreValidated(t *testing.T) {
	a := on(databasetest.Open(t))
	owner := workspaceOf(t, a, "ada")
	for name, c := range map[string]struct {
		user accounts.User
		role identity.Role
	}{
		"no id":         {accounts.User{}, identity.Viewer},
		"an address":    {accounts.User{ID: "bob@example.com"}, identity.Viewer},
		"a long id":     {accounts.User{ID: strings.Repeat("b", 256)}, identity.Viewer},
		"a NUL":         {accounts.User{ID: "b\x00"}, identity.Viewer},
		"unknown role":  {accounts.User{ID: "bob"}, "root"},
		"no role":       {accounts.User{ID: "bob"}, ""},
		"email":         {accounts.User{ID: "bob", Email: "bob"}, identity.Viewer},
		"email, a name": {accounts.User{ID: "bob", Email: "Bob <bob@example.com>"}, identity.Viewer},
	} {
		_, err := a.PutMember(t.Context(), owner, c.user, c.role)
		wants(t, name, err, accounts.Invalid)
	}
	kept := accounts.User{ID: "bob", Email: "bob@example.com"}
	if _, err := a.PutMember(t.Context(), owner, kept, identity.Viewer); err != nil {
		t.Fatal(err)
	}
	if m, err := a.PutMember(t.Context(), owner, accounts.User{ID: "bob"}, identity.Editor); err != nil || m.Email != kept.Email || m.Role != identity.Editor {
		t.Errorf("got %+v, %v", m, err)
	}
}

// TestTwoOwnersCannotBothLeave at the same moment, each seeing the other.
func TestTwoOwnersCannotBothLeave(t *testing.T) {
	pool := databasetest.Open(t)
	a := on(pool)
	ada := workspaceOf(t, a, "ada")
	if _, err := a.PutMember(t.Context(), ada, accounts.User{ID: "bob"}, identity.Owner); err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	err := database.InWorkspace(t.Context(), pool, ada.Workspace, func(tx pgx.Tx) error {
		// Bob is on the way out, as RemoveMember does it.
		for _, sql := range []string{`SELECT id FROM workspaces FOR NO KEY UPDATE`, `DELETE FROM members WHERE user_id = 'bob'`} {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		go func() { left <- a.RemoveMember(t.Context(), ada, "ada") }()
		time.Sleep(200 * time.Millisecond)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, "ada leaves while bob does", <-left, accounts.Conflict)
}

func TestMembersAreBounded(t *testing.T) {
	pool := databasetest.Open(t)
	a := on(pool)
	owner := workspaceOf(t, a, "ada")
	err := database.InWorkspace(t.Context(), pool, owner.Workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO members (workspace_id, user_id, role) SELECT $1, 'm' || n, 'viewer' FROM generate_series(2, $2) n`, owner.Workspace, accounts.MaxMembers)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.PutMember(t.Context(), owner, accounts.User{ID: "one-too-many"}, identity.Viewer)
	wants(t, "one too many", err, accounts.LimitReached)
	_, err = a.PutMember(t.Context(), owner, accounts.User{ID: "m2"}, identity.Editor)
	wants(t, "a change of one that is there", err, "")
}
