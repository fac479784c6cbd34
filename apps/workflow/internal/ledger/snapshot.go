package ledger

import (
	"context"
	"sync/atomic"
	"time"
)

// snapshot is a run as a change left it, for the task of its only live step. The process that carries that out at once need not read the run again: as
// long as nobody else has changed it, its row has the version that the change gave it. flushSQL refuses any other.
type snapshot struct {
	run     run
	scope   *scope
	taken   time.Time
	version *uint32     // the transaction that wrote the row; known when the change is committed
	spent   atomic.Bool // the task has changed the run since
}

// handDown gives the run as it is to the task that follows, if nothing else of the run is under way. A run of a thread takes locks in an order of
// its own, its own row first.
func (c *change) handDown() {
	s := c.scopes[""]
	if s == nil || s.live() != 1 || c.run.thread != "" {
		return
	}
	for i, t := range c.next {
		if in, _ := split(t.Path); t.Claim != nil && in == "" {
			s.forgetLarge()
			c.next[i].snapshot = &snapshot{run: c.run, scope: s, taken: time.Now(), version: c.version}
		}
	}
}

// forgetLarge leaves outputs to be read again that loadScope would leave, too: calls may take long.
func (s *scope) forgetLarge() {
	for _, r := range s.results {
		if len(r.output) > smallOutput {
			r.output = nil
		}
	}
}

// begin begins the change of a task: with what the change before it left, or by locking and reading the run.
func (t Task) begin(ctx context.Context, tx *Tx, plan Plan) (*change, error) {
	if t.snapshot == nil || t.snapshot.spent.Swap(true) {
		return begin(ctx, tx, plan, t.Workspace, t.Run, t.scopes()...)
	}
	if err := enter(tx, t.Workspace); err != nil {
		return nil, err
	}
	left := t.snapshot
	c := newChange(ctx, tx, plan, left.run)
	c.run.now = c.run.now.Add(time.Since(left.taken))
	c.expected = left.version
	left.scope.change, c.scopes[""] = c, left.scope
	return c, nil
}

// spend is for changes in the middle of a task, after which the snapshot is out of date.
func (t Task) spend() {
	if t.snapshot != nil {
		t.snapshot.spent.Store(true)
	}
}
