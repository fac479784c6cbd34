package trigger_test

import (
	"cmp"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/apps/workflow/internal/trigger"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
)

const workflow = "wfl_00000000000000000000000000"

func plan(t *testing.T) ledger.Plan {
	t.Helper()
	d, problems := document.Decode([]byte(`{"schema": "agentteam/v1", "name": "Test", "nodes": [{"id": "a", "type": "transform", "config": {"value": 1}}], "edges": []}`))
	if problems != nil {
		t.Fatal(problems)
	}
	g, problems := graph.Compile(d, graph.Catalog{Types: graph.DefaultTypes()})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	version := ledger.Version{Workflow: workflow, Number: 1}
	return ledger.Plan{Root: version, Graphs: map[ledger.Version]*graph.Graph{version: g}}
}

// TestOnlyTheDatabasesClockCounts fires in a process whose clock is decades behind, then an hour ahead of that: whatever a process's clock jumps to,
// a tick comes once, when it is due by the database's.
func TestOnlyTheDatabasesClockCounts(t *testing.T) {
	pool := databasetest.Open(t)
	workspace := databasetest.Workspace(t, pool)
	err := database.InWorkspace(t.Context(), pool, workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO workflows (id, workspace_id, name, document, published_version, created_by, updated_by)
			VALUES ($1, $2, 'Test', '{}', 1, '{}', '{}')`, workflow, workspace)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	due := func(now time.Time) time.Time { return now.Truncate(time.Hour) }
	schedule, err := store.New(pool).CreateSchedule(t.Context(), workspace, id.New(id.Schedule), store.ScheduleSpec{Name: "Test", WorkflowID: workflow, Inputs: "{}",
		Cron: "0 * * * *", TimeZone: "UTC", Overlap: "allow", CatchUp: "last", CatchUpWindow: 2 * time.Hour}, due, store.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	url, p := pool.Config().ConnString(), plan(t)
	started := 0
	synctest.Test(t, func(t *testing.T) {
		for _, jump := range []time.Duration{0, time.Hour, 24 * time.Hour} {
			time.Sleep(jump) // at once, by the bubble's own clock
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			err = pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
				change := ledger.On(tx)
				result, err := trigger.Fire(t.Context(), change, p, workspace, id.New(id.Run), trigger.Tick{Schedule: schedule.ID, Revision: schedule.Revision})
				if result.Started.Run != "" {
					started++
				}
				return cmp.Or(err, change.Send(t.Context()))
			})
			if err := errors.Join(err, conn.Close(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
		if now := time.Now(); now.Year() > 2001 {
			t.Errorf("the process's clock says %s: the test shows nothing", now)
		}
	})
	if started != 1 {
		t.Errorf("one tick started %d runs", started)
	}
}
