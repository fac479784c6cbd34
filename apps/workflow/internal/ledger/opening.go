package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// begin locks the run of a task, and reads the scopes that it is about in the same message.
func begin(ctx context.Context, tx *Tx, plan Plan, workspace, id string, scopes ...string) (*change, error) {
	c, err := open(ctx, tx, plan, workspace, id)
	if err != nil {
		return nil, err
	}
	loads := make([]*load, 0, len(scopes))
	for _, path := range scopes {
		l, err := c.load(path)
		if err != nil {
			return nil, err
		}
		loads = append(loads, l)
	}
	if err := c.read(); err != nil {
		return nil, err
	}
	for _, l := range loads {
		if _, err := c.keep(l); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// open has the run locked and read, in the message that read sends.
func open(ctx context.Context, tx *Tx, plan Plan, workspace, id string) (*change, error) {
	if err := enter(tx, workspace); err != nil {
		return nil, err
	}
	c := newChange(ctx, tx, plan, run{id: id, workspace: workspace})
	c.run.lock(tx, &c.found)
	return c, nil
}

func (c *change) read() error {
	err := cmp.Or(c.tx.Send(c.ctx), c.found)
	if errors.Is(err, pgx.ErrNoRows) {
		err = fmt.Errorf("run %s: %w", c.run.id, ErrNotFound)
	}
	c.before = c.run.status
	return err
}

// midway begins a change in the middle of a step's task, and says whether the task's attempt is the one that goes on.
func midway(ctx context.Context, tx *Tx, plan Plan, t Task) (c *change, current bool, err error) {
	t.spend()
	if c, err = open(ctx, tx, plan, t.Workspace, t.Run); err != nil {
		return nil, false, err
	}
	var asked error
	tx.queueRow(&asked, `SELECT EXISTS (SELECT FROM steps WHERE run_id = $1 AND path = $2 AND attempt = $3 AND status = 'running')`,
		[]any{t.Run, t.Path, t.Attempt}, []any{&current})
	err = cmp.Or(c.read(), asked)
	return c, current && !c.stale(t.Generation), err
}
