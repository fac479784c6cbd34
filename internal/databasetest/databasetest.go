// Package databasetest gives each test a migrated PostgreSQL database of its own. One server per test process
// starts with the first test that asks, and is gone with the process, however that ends.
package databasetest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/localpostgres"
)

const (
	startLimit  = 2 * time.Minute // the first start on a machine without PostgreSQL installs one
	dropLimit   = 10 * time.Second
	connections = 10 // of a test's pool; the server takes 200
)

// URL is of a new database with all migrations, dropped at the test's end. Its user owns it, and is no
// superuser, as on RDS.
func URL(t testing.TB) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	name := strings.ToLower(id.New("test"))
	if err := administer(t.Context(), server, "CREATE DATABASE "+name+" TEMPLATE "+localpostgres.User); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropLimit)
		defer cancel()
		if err := administer(ctx, server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return server.URL(name)
}

// Open is a pool on a database as URL gives it, closed at the test's end.
func Open(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := database.Open(t.Context(), URL(t), connections)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Workspace makes one and gives its id.
func Workspace(t testing.TB, pool *pgxpool.Pool) string {
	t.Helper()
	workspace := id.New(id.Workspace)
	err := database.InWorkspace(t.Context(), pool, workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO workspaces (id, name) VALUES ($1, $2)`, workspace, "Test")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return workspace
}

// shared starts the process's one server; its own database is the template of all others.
//
//nolint:gochecknoglobals // nothing but a global lasts as long as the process
var shared = sync.OnceValues(func() (*localpostgres.Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	server, err := localpostgres.Start(ctx, localpostgres.Options{Out: os.Stderr})
	if err != nil {
		return nil, err
	}
	return server, database.Migrate(ctx, server.URL(localpostgres.User))
})

// administer runs one statement on a connection to a database that is neither a template nor a test's.
func administer(ctx context.Context, server *localpostgres.Server, statement string) error {
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
