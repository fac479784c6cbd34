package database_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
)

// A process that is stopped in the middle of a transaction keeps its locks only until PostgreSQL ends it.
func TestAPausedTransactionLetsOthersGoOn(t *testing.T) {
	t.Parallel()
	pool, err := database.Open(t.Context(), databasetest.URL(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), `CREATE TABLE held (id int PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	paused, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = paused.Rollback(t.Context()) }() // PostgreSQL has ended it
	if _, err := paused.Exec(t.Context(), `INSERT INTO held VALUES (1)`); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := pool.Exec(t.Context(), `INSERT INTO held VALUES (1)`); err != nil {
		t.Errorf("the same row by another: %v", err)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("others waited %v for a transaction that does nothing; stalls are to stay below 10 s", took)
	}
	_, err = paused.Exec(t.Context(), `SELECT 1`)
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || refusal.Code != "57P01" || !database.Unavailable(err) {
		t.Errorf("the paused transaction gets %v; DBOS retries one that PostgreSQL ended as an administrator does, 57P01", err)
	}
}
