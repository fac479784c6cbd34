package databasetest_test

import (
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/databasetest"
)

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	began := time.Now()
	first := databasetest.Open(t)
	t.Logf("server, template and the first database took %s", time.Since(began).Round(time.Millisecond))
	databasetest.Workspace(t, first)
	began = time.Now()
	second := databasetest.Open(t)
	t.Logf("another database took %s", time.Since(began).Round(time.Millisecond))
	var count int
	if err := second.QueryRow(t.Context(), `SELECT count(*) FROM goose_db_version`).Scan(&count); err != nil || count < 2 {
		t.Errorf("the database is not migrated: %d rows, %v", count, err)
	}
	var one, other string
	if err := first.QueryRow(t.Context(), `SELECT current_database()`).Scan(&one); err != nil {
		t.Fatal(err)
	}
	if err := second.QueryRow(t.Context(), `SELECT current_database()`).Scan(&other); err != nil {
		t.Fatal(err)
	}
	if one == other {
		t.Errorf("both are in %s", one)
	}
}
