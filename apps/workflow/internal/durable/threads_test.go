package durable_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
)

// thread makes one.
func (s *system) thread() string {
	s.t.Helper()
	name := id.New(id.Thread)
	err := database.InWorkspace(s.t.Context(), s.pool, s.workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO threads (id, workspace_id, created_by) VALUES ($1, $2, '{}')`, name, s.workspace)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return name
}

func (s *system) startIn(e *durable.Engine, thread string, policy ledger.ThreadPolicy, budget document.Budget) string {
	s.t.Helper()
	run, err := e.Start(s.t.Context(), s.caller(), durable.StartRun{WorkflowID: workflowID, Version: 1, Inputs: json.RawMessage(`{}`), Thread: thread, Policy: policy, Budget: budget})
	if err != nil {
		s.t.Fatal(err)
	}
	return run
}

// TestTurnsInAThread: queued runs follow one another, also on the one whose end was no DBOS transaction.
func TestTurnsInAThread(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", `"model": "m"`), ``))
	release := make(chan struct{})
	e := s.engine(&calls{do: func(ctx context.Context, _ node.CallID, call node.Call, _ func(node.Event)) node.CallResult {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return succeeded(call)
	}}, 0)
	thread := s.thread()
	first := s.startIn(e, thread, ledger.PolicyReject, document.Budget{})
	second := s.startIn(e, thread, ledger.PolicyEnqueue, document.Budget{Tokens: 5}) // its call is refused
	script := s.startIn(e, thread, ledger.PolicyEnqueue, document.Budget{})
	close(release)
	s.await(first, "completed", 10*time.Second)
	s.await(second, "budget_exhausted", 10*time.Second)
	s.await(script, "completed", 20*time.Second)
}

// TestInterrupt: the run before is canceled, its call is cut, and the new one goes on.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``))
	begun := make(chan struct{}, 2)
	first := true
	e := s.engine(&calls{do: func(ctx context.Context, _ node.CallID, call node.Call, _ func(node.Event)) node.CallResult {
		begun <- struct{}{}
		if first {
			first = false
			<-ctx.Done()
		}
		return succeeded(call)
	}}, 0)
	thread := s.thread()
	old := s.startIn(e, thread, ledger.PolicyReject, document.Budget{})
	<-begun
	next := s.startIn(e, thread, ledger.PolicyInterrupt, document.Budget{})
	s.await(old, "canceled", 10*time.Second)
	s.await(next, "completed", 10*time.Second)
}
