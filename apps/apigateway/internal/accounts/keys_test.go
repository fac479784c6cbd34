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

func TestKeys(t *testing.T) {
	pool := databasetest.Open(t)
	a := on(pool)
	owner, stranger := workspaceOf(t, a, "ada"), workspaceOf(t, a, "bob")
	key, secret, err := a.CreateKey(t.Context(), owner, accounts.NewKey{Name: "CI", Role: identity.Editor})
	if err != nil {
		t.Fatal(err)
	}
	if len(secret) != 47 || !strings.HasPrefix(secret, "atk_") || !strings.HasSuffix(secret, strings.TrimPrefix(key.Hint, "…")) || len(key.Hint) > 8 || key.CreatedBy != "ada" {
		t.Errorf("key %+v", key)
	}
	hash, _ := accounts.HashSecret(secret)
	if k, found, err := a.FindKey(t.Context(), hash); err != nil || !found || k.ID != key.ID || k.Workspace != owner.Workspace || k.Role != identity.Editor {
		t.Errorf("found %+v, %t, %v", k, found, err)
	}
	if used, err := a.Key(t.Context(), owner, key.ID); err != nil || used.LastUsedAt == nil || time.Since(*used.LastUsedAt) > time.Minute {
		t.Errorf("its use is not noted: %+v, %v", used, err)
	}
	_, err = a.Key(t.Context(), stranger, key.ID)
	wants(t, "another workspace reads it", err, accounts.NotFound)
	wants(t, "another workspace revokes it", a.RevokeKey(t.Context(), stranger, key.ID), accounts.NotFound)
	_, err = a.Keys(t.Context(), as(owner, "v", identity.Editor))
	wants(t, "an editor lists keys", err, accounts.Forbidden)

	wants(t, "revoke", a.RevokeKey(t.Context(), owner, key.ID), "")
	wants(t, "revoke again", a.RevokeKey(t.Context(), owner, key.ID), "")
	if _, found := a.CachedKey(hash); found {
		t.Error("a revoked key stays in the cache")
	}
	if _, found, err := a.FindKey(t.Context(), hash); found || err != nil {
		t.Errorf("a revoked key is found, %v", err)
	}
	if keys, err := a.Keys(t.Context(), owner); err != nil || len(keys) != 1 || keys[0].RevokedAt == nil {
		t.Errorf("the list has %+v, %v", keys, err)
	}
}

func TestKeysDoNoMoreThanWhoMakesThem(t *testing.T) {
	a := on(databasetest.Open(t))
	owner := workspaceOf(t, a, "ada")
	past := time.Now().Add(-time.Second)
	for name, c := range map[string]struct {
		by   identity.Role
		key  accounts.NewKey
		want accounts.Code
	}{
		"owner's admin":     {identity.Owner, accounts.NewKey{Name: "n", Role: identity.Admin}, ""},
		"admin's admin":     {identity.Admin, accounts.NewKey{Name: "n", Role: identity.Admin}, ""},
		"an owner as a key": {identity.Owner, accounts.NewKey{Name: "n", Role: identity.Owner}, accounts.Invalid},
		"editor's viewer":   {identity.Editor, accounts.NewKey{Name: "n", Role: identity.Viewer}, accounts.Forbidden},
		"unknown role":      {identity.Owner, accounts.NewKey{Name: "n", Role: "root"}, accounts.Invalid},
		"no name":           {identity.Owner, accounts.NewKey{Role: identity.Viewer}, accounts.Invalid},
		"expired":           {identity.Owner, accounts.NewKey{Name: "n", Role: identity.Viewer, ExpiresAt: &past}, accounts.Invalid},
	} {
		_, secret, err := a.CreateKey(t.Context(), as(owner, "x", c.by), c.key)
		wants(t, name, err, c.want)
		if (secret != "") != (c.want == "") {
			t.Errorf("%s: a refused key has a secret, or an accepted one has none", name)
		}
	}
}

func TestKeysExpire(t *testing.T) {
	pool := databasetest.Open(t)
	a := on(pool)
	owner := workspaceOf(t, a, "ada")
	later := time.Now().Add(time.Hour)
	key, secret, err := a.CreateKey(t.Context(), owner, accounts.NewKey{Name: "short", Role: identity.Viewer, ExpiresAt: &later})
	if err != nil || key.ExpiresAt == nil {
		t.Fatal(key, err)
	}
	hash, _ := accounts.HashSecret(secret)
	if _, found, err := a.FindKey(t.Context(), hash); !found || err != nil {
		t.Fatalf("not found before it expires, %v", err)
	}
	err = database.InWorkspace(t.Context(), pool, owner.Workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE api_keys SET expires_at = now() WHERE id = $1`, key.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, found, err := a.FindKey(t.Context(), hash); found || err != nil {
		t.Errorf("an expired key is found, %v", err)
	}
}

func TestKeysAreBounded(t *testing.T) {
	pool := databasetest.Open(t)
	a := on(pool)
	owner := workspaceOf(t, a, "ada")
	fill := func(prefix string, n int, revoked any) {
		err := database.InWorkspace(t.Context(), pool, owner.Workspace, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO api_keys (id, workspace_id, name, hash, hint, role, created_by, revoked_at)
				SELECT $2 || n, $1, 'n', sha256(($2 || n)::bytea), 'h', 'viewer', 'ada', $4 FROM generate_series(1, $3) n`, owner.Workspace, prefix, n, revoked)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	fill("old", accounts.MaxOldKeys+20, time.Now())
	fill("live", accounts.MaxKeys-1, nil)
	_, _, err := a.CreateKey(t.Context(), owner, accounts.NewKey{Name: "last", Role: identity.Viewer})
	wants(t, "the last one", err, "")
	if keys, err := a.Keys(t.Context(), owner); err != nil || len(keys) != accounts.MaxKeys+accounts.MaxOldKeys {
		t.Errorf("%d keys are kept, %v", len(keys), err)
	}
	_, _, err = a.CreateKey(t.Context(), owner, accounts.NewKey{Name: "one too many", Role: identity.Viewer})
	wants(t, "one too many", err, accounts.LimitReached)
}

func FuzzHashSecret(f *testing.F) {
	f.Add("atk_" + strings.Repeat("A", 43))
	f.Add("atk_")
	f.Add("atk_" + strings.Repeat("A", 42) + "B")
	f.Fuzz(func(t *testing.T, secret string) {
		if _, ok := accounts.HashSecret(secret); ok && (len(secret) != 47 || !accounts.HoldsSecret([]byte(secret))) {
			t.Errorf("%q is taken for a key", secret)
		}
	})
}
