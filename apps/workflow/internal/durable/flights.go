package durable

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/internal/database"
)

// cutInterval is how long a call may go on after another process ended its run.
const cutInterval = time.Second

// Why calls are cut.
var (
	errOver     = errors.New("the step is over")
	errDraining = errors.New("this process leaves")
)

// flights are the calls that this process is making.
type flights struct {
	mu  sync.Mutex
	now map[*flight]struct{}
}

type flight struct {
	task   ledger.Task
	cheap  bool // may be made again at no cost
	cancel context.CancelCauseFunc
}

func (f *flights) add(one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now[one] = struct{}{}
}

func (f *flights) remove(one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.now, one)
}

func (f *flights) list() []*flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]*flight, 0, len(f.now))
	for one := range f.now {
		all = append(all, one)
	}
	return all
}

// cut ends all calls of a run.
func (f *flights) cut(run string) {
	for _, one := range f.list() {
		if one.task.Run == run {
			one.cancel(errOver)
		}
	}
}

// leave ends the calls of a process that drains: the cheap ones, or all.
func (f *flights) leave(all bool) {
	for _, one := range f.list() {
		if all || one.cheap {
			one.cancel(errDraining)
		}
	}
}

const overSQL = `SELECT f.place - 1 FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) WITH ORDINALITY AS f (run, path, attempt, generation, place)
LEFT JOIN runs r ON r.id = f.run LEFT JOIN steps s ON s.run_id = f.run AND s.path = f.path
WHERE r.id IS NULL OR r.generation <> f.generation OR r.status NOT IN ('queued', 'running', 'paused')
  OR s.path IS NULL OR s.attempt <> f.attempt OR s.status <> 'running'`

// watch cuts the calls whose steps were ended by other processes: by a cancel, a budget, a timeout, a retry.
func (e *Engine) watch(ctx context.Context) {
	every(ctx, cutInterval, func() {
		byWorkspace := map[string][]*flight{}
		for _, one := range e.flights.list() {
			byWorkspace[one.task.Workspace] = append(byWorkspace[one.task.Workspace], one)
		}
		for workspace, some := range byWorkspace {
			if err := e.cutOver(ctx, workspace, some); err != nil && ctx.Err() == nil {
				e.log.WarnContext(ctx, "cannot look whether calls are still wanted", "error", err)
				return
			}
		}
	})
}

func (e *Engine) cutOver(ctx context.Context, workspace string, some []*flight) error {
	run, path := make([]string, len(some)), make([]string, len(some))
	attempt, generation := make([]int32, len(some)), make([]int32, len(some))
	for i, one := range some {
		run[i], path[i], attempt[i], generation[i] = one.task.Run, one.task.Path, int32(one.task.Attempt), int32(one.task.Generation) //nolint:gosec // counts
	}
	return database.InWorkspace(ctx, e.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, overSQL, run, path, attempt, generation)
		if err != nil {
			return err
		}
		over, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		for _, i := range over {
			some[i].cancel(errOver)
		}
		return err
	})
}

// every runs a function at once and then again and again until the context ends.
func every(ctx context.Context, interval time.Duration, run func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		run()
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}
