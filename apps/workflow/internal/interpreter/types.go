// Package interpreter says what a run does next. It is pure and deterministic: a graph and the recorded
// results go in, the next actions come out. It knows no clock, no database and no network, so a
// table of results is a complete test, and every process draws the same conclusion.
package interpreter

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Status is where a step is in its life.
type Status string

// The statuses that are recorded. A step without a record has not begun.
const (
	Running   Status = "running" // a process works on it
	Waiting   Status = "waiting" // for a time, a person, or the scopes within it
	Completed Status = "completed"
	Failed    Status = "failed"
	Skipped   Status = "skipped"
	Canceled  Status = "canceled"
)

// Ended says whether nothing further happens to the step.
func (s Status) Ended() bool { return s != "" && s != Running && s != Waiting }

// Result is what is recorded of a step, but for its output.
type Result struct {
	Status  Status
	Port    string
	Failure *node.Failure
}

// Results are the recorded results of one scope. Outputs are asked for only when an expression needs them.
type Results interface {
	Result(node string) (Result, bool)
	Output(node string) (json.RawMessage, error)
}

// Variables are what the expressions of a scope may use beside its nodes.
type Variables struct {
	Inputs json.RawMessage `json:"inputs"`
	With   json.RawMessage `json:"with,omitempty"`
	Item   json.RawMessage `json:"item,omitempty"` // with Index, in a loop's body
	Index  int             `json:"index,omitempty"`
	Run    RunInfo         `json:"run"`
}

// RunInfo is the variable run.
type RunInfo struct {
	ID         string `json:"id"`
	WorkflowID string `json:"workflow_id"`
	Version    int    `json:"version"`
	StartedAt  string `json:"started_at"` // RFC 3339
	Thread     string `json:"thread"`     // empty: the run is of none
}

// ActionKind says what becomes of a node.
type ActionKind string

// The kinds of actions.
const (
	Skip     ActionKind = "skip"
	Complete ActionKind = "complete" // evaluated here and now: the node makes no call and waits for nothing
	Fail     ActionKind = "fail"
	Start    ActionKind = "start" // the engine has to carry it out: call, wait, ask, or open scopes
)

// Action is what becomes of one node now.
type Action struct {
	Kind    ActionKind
	Node    string
	Type    string
	Port    string          // of Complete, and "error" of a Fail that is routed
	Output  json.RawMessage // of Complete
	Failure *node.Failure   // of Fail
	Config  json.RawMessage // of Start: the node's config with every expression resolved
}

// Outcome is how a scope ended.
type Outcome struct {
	Status  Status // Completed or Failed
	Output  json.RawMessage
	Failure *node.Failure
}

// Decision is everything that follows from the recorded results.
type Decision struct {
	Actions []Action // in the order to be recorded
	// Outcome is nil while something is still to be waited for.
	Outcome *Outcome
	// More: the limit was reached, and there is more to do at once.
	More bool
}
