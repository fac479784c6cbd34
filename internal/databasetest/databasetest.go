// Package databasetest gives each test a migrated PostgreSQL database of its own. One server per test process
// starts with the first test that asks, and is gone with the process, however that ends.
package databasetest

import (
	"context"
	"fmt"
	"os"
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
	startLimit = 2 * time.Minute // the first start on a machine without PostgreSQL installs one
	dropLimit  = 10 * time.Second

	connections    = 10 // of a test's pool; the server takes 200
	administrators = 4
)

// URL is of a new database with all migrations, dropped at the test's end. Its user owns it, and is no
// superuser, as on RDS.
func URL(t testing.TB) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	name := id.New("test")
	// Copying files takes half the time of the default, which logs every page.
	if err := server.administer(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+localpostgres.User+" STRATEGY file_copy"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropLimit)
		defer cancel()
		if err := server.administer(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
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

// server is the process's one, with connections to a database that is neither a template nor a test's.
type server struct {
	*localpostgres.Server
	administration *pgxpool.Pool
}

// shared starts it; its own database is the template of all others.
//
//nolint:gochecknoglobals // nothing but a global lasts as long as the process
var shared = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	local, err := localpostgres.Start(ctx, localpostgres.Options{Out: os.Stderr})
	if err != nil {
		return nil, err
	}
	if err := database.Migrate(ctx, local.URL(localpostgres.User)); err != nil {
		return nil, err
	}
	administration, err := database.Open(ctx, local.URL("postgres"), administrators)
	return &server{Server: local, administration: administration}, err
})

func (s *server) administer(ctx context.Context, statement string) error {
	if _, err := s.administration.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
