package main

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/agentteam/agentteam/internal/database"
)

// look is how often the benchmark asks which runs have ended, which costs the database a short query.
const look = 20 * time.Millisecond

// ends tells when runs have ended.
type ends struct {
	mu      sync.Mutex
	waiting map[string]chan struct{}
}

// started gives what closes when the run has ended.
func (e *ends) started(run string) <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	ended := make(chan struct{})
	e.waiting[run] = ended
	return ended
}

// watch looks until the context ends.
func (e *ends) watch(ctx context.Context, w *world) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(look):
		}
		if err := e.look(ctx, w); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

func (e *ends) look(ctx context.Context, w *world) error {
	e.mu.Lock()
	asked := slices.Collect(maps.Keys(e.waiting))
	e.mu.Unlock()
	var ended []string
	err := database.InWorkspace(ctx, w.pool, w.engine.workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM runs WHERE id = ANY($1) AND ended_at IS NOT NULL`, asked)
		if err != nil {
			return err
		}
		ended, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, run := range ended {
		close(e.waiting[run])
		delete(e.waiting, run)
	}
	return err
}

// inFlight keeps so many runs of the workflow in flight until all have ended.
func (w *world) inFlight(ctx context.Context, o options, workflow string) error {
	group, ctx := errgroup.WithContext(ctx)
	watching, stop := context.WithCancel(ctx)
	e := &ends{waiting: map[string]chan struct{}{}}
	group.Go(func() error { return e.watch(watching, w) })
	group.Go(func() error {
		defer stop()
		return parallel(ctx, o.workflows, o.concurrency, func(ctx context.Context, _ int) error {
			run, err := w.engine.start(ctx, workflow, "{}")
			if err != nil {
				return err
			}
			select {
			case <-e.started(run):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	return group.Wait()
}
