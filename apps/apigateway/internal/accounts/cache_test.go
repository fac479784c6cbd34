package accounts_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/identity"
)

// process is Accounts as another process has them, which hears of changes.
func process(t *testing.T, pool *pgxpool.Pool, address string) *accounts.Accounts {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: address})
	a := accounts.New(accounts.Options{Pool: pool, Redis: client, Log: slog.New(slog.DiscardHandler)})
	done := make(chan struct{})
	go func() { defer close(done); a.Run(t.Context()) }()
	t.Cleanup(func() { <-done; client.Close() })
	return a
}

func TestChangesReachOtherProcesses(t *testing.T) {
	pool, server := databasetest.Open(t), miniredis.RunT(t)
	one, other := process(t, pool, server.Addr()), process(t, pool, server.Addr())
	eventually(t, "both listen", func() bool { return server.PubSubNumSub("agentteam:accounts")["agentteam:accounts"] == 2 })
	owner := workspaceOf(t, one, "ada")
	key, secret, err := one.CreateKey(t.Context(), owner, accounts.NewKey{Name: "CI", Role: identity.Editor})
	if err != nil {
		t.Fatal(err)
	}
	hash, _ := accounts.HashSecret(secret)
	eventually(t, "the key is cached", func() bool { // after the news of its own creation
		_, found, err := other.FindKey(t.Context(), hash)
		_, cached := other.CachedKey(hash)
		return err == nil && found && cached
	})
	if role, found, err := other.RoleIn(t.Context(), "ada", owner.Workspace); role != identity.Owner || !found || err != nil {
		t.Fatalf("%s, %t, %v", role, found, err)
	}
	if _, found, err := other.RoleIn(t.Context(), "bob", owner.Workspace); found || err != nil {
		t.Fatalf("bob is a member already, %v", err)
	}
	if err := one.RevokeKey(t.Context(), owner, key.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key is forgotten", func() bool { _, found := other.CachedKey(hash); return !found })
	if _, err := one.PutMember(t.Context(), owner, accounts.User{ID: "bob"}, identity.Viewer); err != nil {
		t.Fatal(err)
	}
	eventually(t, "bob is a member", func() bool { _, found, _ := other.RoleIn(t.Context(), "bob", owner.Workspace); return found })
	if err := one.DeleteWorkspace(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	eventually(t, "ada is in no workspace", func() bool { m, _ := other.Memberships(t.Context(), "ada"); return len(m) == 0 })
}

func TestALostRedisFailsNoChange(t *testing.T) {
	pool, server := databasetest.Open(t), miniredis.RunT(t)
	a := process(t, pool, server.Addr())
	owner := workspaceOf(t, a, "ada")
	server.Close()
	start := time.Now()
	if _, err := a.RenameWorkspace(t.Context(), owner, "Still"); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("a change without Redis took %s", took)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}
