package durable_test

import (
	"context"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// owned reads as the owner of all tables, not as somebody in a workspace.
func owned[T any](s *system, sql string, arguments ...any) T {
	s.t.Helper()
	var value T
	if err := s.pool.QueryRow(s.t.Context(), sql, arguments...).Scan(&value); err != nil {
		s.t.Fatal(err)
	}
	return value
}

// TestABusyProcessIsNotSilent has tasks wait for each other's locks on every connection: the others must not take this process for dead,
// since then its calls would be made again.
func TestABusyProcessIsNotSilent(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", `"model": "openai/x"`), ``))
	asked := make(chan node.CallID, 1)
	busy := s.engine(&calls{do: blocked(asked)}, 0)
	run := s.start(busy)
	<-asked
	other := &calls{}
	s.engine(other, 0)
	occupied, stop := context.WithCancel(t.Context())
	defer stop()
	durable.Occupy(occupied, busy)
	for began := time.Now(); time.Since(began) < stall; time.Sleep(100 * time.Millisecond) {
		if n := owned[int](s, `SELECT count(*) FROM executors`); n != 2 {
			t.Fatalf("after %s of %s, %d of 2 processes count as living", time.Since(began), run, n)
		}
	}
	if n := other.total(); n != 0 {
		t.Errorf("the other process made %d calls of a living one", n)
	}
}

// TestTasksOfTheLivingStay has a process give back, and adopt, on what it knew before it was stopped: the task is another's now.
func TestTasksOfTheLivingStay(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", `"model": "openai/x"`), ``))
	asked := make(chan node.CallID, 1)
	s.start(s.engine(&calls{do: blocked(asked)}, 0))
	<-asked
	other := &calls{}
	late := s.engine(other, 0)
	task := owned[string](s, `SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'PENDING'`)
	if err := durable.GiveBack(t.Context(), late, task); err != nil {
		t.Fatal(err)
	}
	if err := durable.Adopt(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if status := owned[string](s, `SELECT status FROM dbos.workflow_status WHERE workflow_uuid = $1`, task); status != "PENDING" || other.total() != 0 {
		t.Errorf("the task of the living process is %s, and another made %d calls of it", status, other.total())
	}
}
