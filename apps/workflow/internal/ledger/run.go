package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Status is where a run is in its life.
type Status string

// The statuses of runs.
const (
	Queued          Status = "queued"
	Running         Status = "running"
	Paused          Status = "paused"
	Completed       Status = "completed"
	Failed          Status = "failed"
	Canceled        Status = "canceled"
	BudgetExhausted Status = "budget_exhausted"
)

// Statuses are all there are, in the order of a run's life.
func Statuses() []Status {
	return []Status{Queued, Running, Paused, Completed, Failed, Canceled, BudgetExhausted}
}

// Ended says whether nothing further happens, unless the run is retried.
func (s Status) Ended() bool { return s != Queued && s != Running && s != Paused }

// Usage is what a run consumed.
type Usage struct {
	node.Usage
	Steps int64 `json:"steps"`
}

// run is a run's row, locked.
type run struct {
	id, workspace string
	status        Status
	generation    int
	version       Version
	lastSeq       int64
	startedAt     time.Time
	budget        document.Budget
	reserved      node.Usage
	usage         Usage
	outputs       json.RawMessage
	failure       *node.Failure
	thread        string    // empty: none
	replays       string    // the run that this one replays; empty: none
	live          bool      // of a replay: what was not recorded may be called
	now           time.Time // the database's clock, when the row was locked
}

const lockRun = `SELECT status, generation, workflow_id, version, last_seq, coalesce(started_at, created_at),
  budget_cost, budget_tokens, budget_steps, budget_tool_calls, reserved_cost, reserved_tokens, reserved_tool_calls,
  cost, input_tokens, output_tokens, model_calls, tool_calls, steps, coalesce(thread_id, ''), coalesce(replay_of, ''), replay_live, clock_timestamp()
FROM runs WHERE id = $1 FOR UPDATE`

// lock has the run's row locked and read; found is pgx.ErrNoRows if there is none.
func (r *run) lock(tx *Tx, found *error) {
	tx.queueRow(found, lockRun, []any{r.id}, []any{&r.status, &r.generation, &r.version.Workflow, &r.version.Number, &r.lastSeq, &r.startedAt,
		&r.budget.CostMicroUSD, &r.budget.Tokens, &r.budget.Steps, &r.budget.ToolCalls, &r.reserved.Cost, &r.reserved.InputTokens, &r.reserved.ToolCalls,
		&r.usage.Cost, &r.usage.InputTokens, &r.usage.OutputTokens, &r.usage.ModelCalls, &r.usage.ToolCalls, &r.usage.Steps, &r.thread, &r.replays, &r.live, &r.now})
}

// budgeted says whether calls have to be reserved before they are made.
func (r *run) budgeted() bool {
	return r.budget.CostMicroUSD > 0 || r.budget.Tokens > 0 || r.budget.ToolCalls > 0
}

// exceeded names the bound that more would break; empty: it fits.
func (r *run) exceeded(more node.Usage, steps int64) string {
	for _, b := range []struct {
		name        string
		bound, used int64
	}{
		{"cost (micro-USD)", r.budget.CostMicroUSD, r.usage.Cost + r.reserved.Cost + more.Cost},
		{"tokens", r.budget.Tokens, r.usage.InputTokens + r.usage.OutputTokens + r.reserved.InputTokens + more.InputTokens + more.OutputTokens},
		{"tool calls", r.budget.ToolCalls, r.usage.ToolCalls + r.reserved.ToolCalls + more.ToolCalls},
		{"steps", r.budget.Steps, r.usage.Steps + steps},
	} {
		if b.bound > 0 && b.used > b.bound {
			return fmt.Sprintf("the run's budget of %d %s would be exceeded: %d with this", b.bound, b.name, b.used)
		}
	}
	return ""
}

// reserve adds to, or with a negative sign takes from, what calls in flight may still use.
func (r *run) reserve(u node.Usage, sign int64) {
	r.reserved.Cost = max(0, r.reserved.Cost+sign*u.Cost)
	r.reserved.InputTokens = max(0, r.reserved.InputTokens+sign*(u.InputTokens+u.OutputTokens))
	r.reserved.ToolCalls = max(0, r.reserved.ToolCalls+sign*u.ToolCalls)
}

func add(to *node.Usage, u node.Usage) {
	to.InputTokens += u.InputTokens
	to.OutputTokens += u.OutputTokens
	to.Cost += u.Cost
	to.ModelCalls += u.ModelCalls
	to.ToolCalls += u.ToolCalls
}
