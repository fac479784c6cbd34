package ledger_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
)

// TestStatementsArePlannedOnce holds that PostgreSQL keeps the plans of what every task runs.
func TestStatementsArePlannedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flow(callNode+`, {"id": "then", "type": "http", "config": {"method": "GET", "url": "https://example.com"}}`, `{"from": "call", "to": "then"}`))
	one := w.pool.Config()
	one.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	w.pool = pool
	w.create(ledger.New{})
	w.work()
	w.expect("completed")
	rows, err := pool.Query(t.Context(), `SELECT left(statement, 100), generic_plans, custom_plans FROM pg_prepared_statements
WHERE statement ^@ ANY ('{WITH step AS,"SELECT sc.status","SELECT status, generation"}')`)
	if err != nil {
		t.Fatal(err)
	}
	var statement string
	var kept, anew int
	tag, err := pgx.ForEachRow(rows, []any{&statement, &kept, &anew}, func() error {
		if kept == 0 || anew > 0 {
			t.Errorf("planned anew %d times, kept %d times: %s", anew, kept, statement)
		}
		return nil
	})
	if err != nil || tag.RowsAffected() != 3 {
		t.Errorf("%d statements were found, want 3; %v", tag.RowsAffected(), err)
	}
}
