package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Kind is what a task does.
type Kind string

// The kinds of tasks. All but Perform are one transaction, Carry.
const (
	Perform  Kind = "perform"  // make the calls of a step
	Wait     Kind = "wait"     // a wait node's time has come
	Expire   Kind = "expire"   // nobody decided in time
	Timeout  Kind = "timeout"  // a step that waits has waited too long
	Deadline Kind = "deadline" // the run has lasted too long
	Restart  Kind = "restart"  // another attempt of a step that the ledger itself carries out
	Continue Kind = "continue" // a transaction reached its limit; there is more to do at once. It begins a queued run
	// Interrupt ends a run for the sake of a newer one of its thread.
	Interrupt Kind = "interrupt"
)

// Task is something to be carried out. A task whose run, generation or attempt has passed changes nothing.
type Task struct {
	Kind       Kind          `json:"kind"`
	Workspace  string        `json:"workspace"`
	Run        string        `json:"run"`
	Generation int           `json:"generation"`
	Workflow   string        `json:"workflow"` // the run's document
	Version    int           `json:"version"`
	Path       string        `json:"path,omitempty"` // of the step; of the scope in a Continue
	Attempt    int           `json:"attempt,omitempty"`
	Serial     int64         `json:"serial,omitempty"` // tells a run's Continues apart, and how often an attempt has waited for people
	After      time.Duration `json:"after,omitempty"`
	// Trace is that of the request from which the task follows, for whoever carries it out. The ledger does not know it.
	Trace string `json:"trace,omitempty"`
	// Claim is set if the step is claimed for the process that got the task from the ledger; a process that
	// gets it from anywhere else has to Begin.
	Claim *Claim `json:"-"`
	// snapshot spares the process that goes on at once to read the run.
	snapshot *snapshot
}

// ID is the same for the same task, so that starting it twice is starting it once.
func (t Task) ID() string {
	return fmt.Sprintf("%s/%d/%s/%s/%d/%d", t.Run, t.Generation, t.Kind, t.Path, t.Attempt, t.Serial)
}

// scopes are those that carrying the task out reads in any case.
func (t Task) scopes() []string {
	switch t.Kind {
	case Perform, Wait, Expire, Timeout, Restart:
		in, _ := split(t.Path)
		return []string{in}
	default:
		return nil
	}
}

// Claim is what a process needs to perform a step.
type Claim struct {
	Type     string
	Config   json.RawMessage // every expression resolved
	Started  time.Time       // of the attempt, by the database's clock
	Timeout  time.Duration   // of the attempt; 0: none
	Budgeted bool            // calls have to be reserved
	Over     bool            // the attempt has ended: nothing is to be called any more
	Resumed  bool            // another process may have begun it
	Replays  string          // the run whose recorded answers stand for calls; empty: none
	Live     bool            // of a replay: what was not recorded may be called
	// Results and Decisions are what a step that waited for people goes on with: what its calls gave before, and what was
	// decided, by the number of the call.
	Results   []node.CallResult
	Decisions map[int]node.Decision
}

// Outcome is what a transaction gave.
type Outcome struct {
	Run  string `json:"run"`
	Next []Task `json:"next,omitempty"`
	// Ended: the run has ended, so whatever is still done for it is in vain.
	Ended bool `json:"ended,omitempty"`
	// Stale: the task's time had passed; nothing was recorded but what its calls consumed.
	Stale bool `json:"stale,omitempty"`
	// Detached: the process had no room to go on itself, so every task is for the queue. It is recorded, because
	// a replay has to take the same way.
	Detached bool `json:"detached,omitempty"`
	// End is how this transaction ended the run, nil if it did not. It is not recorded: a replay ends nothing.
	End *End `json:"-"`
}

// End is a run's end, as it is counted.
type End struct {
	Status Status
	Took   time.Duration // from the run's start
}
