package database_test

import (
	"testing"
	"time"

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
	if _, err := paused.Exec(t.Context(), `SELECT 1`); err == nil {
		t.Error("the paused transaction goes on as if nothing had happened")
	}
}
