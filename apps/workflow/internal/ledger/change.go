package ledger

import (
	"context"
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// limit bounds the actions of one transaction, and with them how long it holds the run's row.
const limit = 250

// change is one transaction's work on one run: what was read, and what is to be written.
type change struct {
	ctx    context.Context //nolint:containedctx // it lives as long as one call
	tx     *Tx
	plan   Plan
	run    run
	before Status
	found  error // of looking for the run
	// expected is the version that the run's row must still have when it is written; nil: it is locked. version is the one that it then gets.
	expected *uint32
	version  *uint32
	scopes   map[string]*scope
	loops    map[string]*loop
	queue    []pending
	left     int
	next     []Task

	events []event
	steps  []*step
	byPath map[string]*step
	closed []closedScope
	calls  []callRow
}

// pending is a scope to be advanced, or a loop that may open iterations.
type pending struct{ scope, loop string }

type event struct {
	kind, step string
	data       json.RawMessage
}

// step is what is to be written of a step; nil config and progress keep what is there.
type step struct {
	path, scope, node, kind string
	status                  interpreter.Status
	attempt                 int
	config, progress        json.RawMessage
	port                    string
	output                  stored
	failure                 *node.Failure
	usage                   node.Usage
}

type closedScope struct {
	path    string
	status  interpreter.Status
	output  json.RawMessage
	failure *node.Failure
}

func newChange(ctx context.Context, tx *Tx, plan Plan, r run) *change {
	return &change{ctx: ctx, tx: tx, plan: plan, run: r, before: r.status, version: new(uint32), scopes: map[string]*scope{}, loops: map[string]*loop{},
		left: limit, byPath: map[string]*step{}}
}

// stale says whether a task of this generation comes too late.
func (c *change) stale(generation int) bool {
	return c.run.status.Ended() || c.run.generation != generation
}

func (c *change) log(kind, path string, data any) {
	raw, encoded := data.(json.RawMessage)
	if !encoded {
		raw = json.RawMessage(encode(data))
	}
	c.events = append(c.events, event{kind, path, raw})
}

// write plans the step's row; later changes of it in the same transaction are made to the same.
func (c *change) write(s step) {
	if known, again := c.byPath[s.path]; again {
		if s.config == nil {
			s.config = known.config
		}
		if s.progress == nil {
			s.progress = known.progress
		}
		add(&s.usage, known.usage)
		*known = s
		return
	}
	row := new(s)
	c.byPath[s.path] = row
	c.steps = append(c.steps, row)
}

func (c *change) task(t Task) {
	t.Workspace, t.Run, t.Generation = c.run.workspace, c.run.id, c.run.generation
	t.Workflow, t.Version = c.run.version.Workflow, c.run.version.Number
	c.next = append(c.next, t)
}

// finish writes everything and leaves the workspace.
func (c *change) finish() (Outcome, error) {
	if err := c.drive(); err != nil {
		return Outcome{}, err
	}
	if err := c.pause(); err != nil {
		return Outcome{}, err
	}
	if c.run.status.Ended() {
		c.next = nil
		if err := c.handOver(); err != nil {
			return Outcome{}, err
		}
	}
	for i := range c.next {
		if c.next[i].Kind == Continue && c.next[i].Run == c.run.id {
			c.next[i].Serial = c.run.lastSeq + int64(len(c.events))
		}
	}
	c.flush(true)
	c.handDown()
	outcome := Outcome{Run: c.run.id, Next: c.next, Ended: c.run.status.Ended()}
	if outcome.Ended {
		outcome.End = &End{Status: c.run.status, Took: c.run.now.Sub(c.run.startedAt)}
	}
	return outcome, nil
}

// late ends a transaction whose task's time has passed.
func (c *change) late() (Outcome, error) {
	c.flush(true)
	return Outcome{Run: c.run.id, Stale: true, Ended: c.run.status.Ended()}, nil
}
