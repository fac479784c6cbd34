package durable_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// TestAStoppedProcessHoldsARunOnce has several transactions of a stopped process want the row of one run. They must not get it one
// after the other, each for as long as PostgreSQL lets a transaction do nothing.
func TestAStoppedProcessHoldsARunOnce(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", `"model": "openai/x"`), ``))
	asked, letGo := make(chan node.CallID, 1), make(chan struct{})
	run := s.start(s.engine(&calls{do: stuck(asked, letGo)}, 0))
	<-asked
	for range 4 {
		s.stopInChange(run)
	}
	time.Sleep(100 * time.Millisecond) // one has the row, the others wait for it
	close(letGo)
	s.await(run, "completed", 8*time.Second)
}

// stopInChange begins a change of a run as a process does that is stopped then: it neither ends the change nor looks at an answer.
func (s *system) stopInChange(run string) {
	s.t.Helper()
	tx, err := s.pool.Begin(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(s.t.Context())) }) // PostgreSQL has ended it
	go func(tx pgx.Tx) {
		_, _ = ledger.Append(s.t.Context(), ledger.On(tx), ledger.Task{Workspace: s.workspace, Run: run, Path: "a"}, nil)
	}(tx)
}
