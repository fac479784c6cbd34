package database_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
)

const who = `SELECT current_user::text || '/' || coalesce(current_workspace(), '')`

func TestATransactionLeavesTheConnectionAsItWas(t *testing.T) {
	pool, err := database.Open(t.Context(), databasetest.URL(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	broken := errors.New("broken")
	for _, want := range []error{nil, broken} {
		err := database.InWorkspace(t.Context(), pool, "wsp_1", func(tx pgx.Tx) error {
			if got := list(t, tx, who)[0]; got != "agentteam_app/wsp_1" {
				t.Errorf("within it is %s", got)
			}
			return want
		})
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
		if got := list(t, pool, who)[0]; got != "agentteam/" {
			t.Errorf("afterwards the connection is %s", got)
		}
	}
}

func TestSomebodyElsesTransactionEntersAndLeaves(t *testing.T) {
	pool := databasetest.Open(t)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		for _, workspace := range []string{"wsp_1", "wsp_2"} {
			if _, err := tx.Exec(t.Context(), database.EnterSQL, workspace); err != nil {
				return err
			}
			if got := list(t, tx, who)[0]; got != "agentteam_app/"+workspace {
				t.Errorf("entered, it is %s", got)
			}
		}
		if _, err := tx.Exec(t.Context(), database.LeaveSQL); err != nil {
			return err
		}
		if got := list(t, tx, who)[0]; got != "agentteam/" {
			t.Errorf("left, it is %s", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAWorkspaceIsAValueWhateverItHolds(t *testing.T) {
	pool := databasetest.Open(t)
	for _, odd := range []string{`'); DROP TABLE runs; --`, `\'`, "ä\n$1", "$$"} {
		err := database.InWorkspace(t.Context(), pool, odd, func(tx pgx.Tx) error {
			if got := list(t, tx, `SELECT current_workspace()`)[0]; got != odd {
				t.Errorf("%q became %q", odd, got)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%q: %v", odd, err)
		}
	}
	for _, bad := range []string{"", "a\x00b", "\xff"} {
		never := func(pgx.Tx) error { t.Errorf("%q got a transaction", bad); return nil }
		if database.InWorkspace(t.Context(), pool, bad, never) == nil || database.AsUser(t.Context(), pool, bad, never) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
