package durable_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"

	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
)

// TestDBOSReadsTheJournal holds that what a task records is what DBOS's own steps would have: builds that use these go on with it.
func TestDBOSReadsTheJournal(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", `"moves": "2", "width": "2"`), ``))
	e := s.engine(&calls{}, 0)
	run := s.start(e)
	s.await(run, "completed", 5*time.Second)
	command := owned[string](s, `SELECT workflow_uuid FROM dbos.workflow_status WHERE workflow_uuid ^@ $1 LIMIT 1`, run)
	steps, err := durable.Steps(e, command)
	if want := []string{"create", "call 1", "call 2", "record", "call 3", "call 4", "record"}; err != nil || !slices.Equal(steps, want) {
		t.Errorf("the steps are %v, want %v, %v", steps, want, err)
	}
}

// TestAStepIsRecordedOnce has a process not hear that its commit succeeded, and another one come too late.
func TestAStepIsRecordedOnce(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``))
	e := s.engine(&calls{}, 0)
	if _, err := s.pool.Exec(t.Context(), `INSERT INTO dbos.workflow_status (workflow_uuid, status, name) VALUES ('task', 'SUCCESS', 'task')`); err != nil {
		t.Fatal(err)
	}
	if tries, recorded, err := durable.Record(t.Context(), e, "task", 7, true); tries != 1 || recorded != 7 || err != nil {
		t.Errorf("%d tries gave %d, %v; want one and 7", tries, recorded, err)
	}
	if _, _, err := durable.Record(t.Context(), e, "task", 8, false); !errors.Is(err, dbos.ErrConflictingWorkflowID) {
		t.Errorf("a second record gave %v", err)
	}
	if _, _, err := durable.Record(t.Context(), e, "nobody's", 8, false); !errors.Is(err, dbos.ErrNonExistentWorkflow) {
		t.Errorf("a record of a task that is gone gave %v", err)
	}
}
