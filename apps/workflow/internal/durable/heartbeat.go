package durable

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/contract"
)

const (
	beatInterval = time.Second
	beatTimeout  = 2 * time.Second
)

// newPulse opens the connections by which processes see each other.
func newPulse(ctx context.Context, like *pgxpool.Pool) (*pgxpool.Pool, error) {
	config := like.Config()
	config.MaxConns, config.MinConns = contract.PulseConnections, 0
	return pgxpool.NewWithConfig(ctx, config)
}

// beat tells the others that this process is alive. If they have given it up, it joins them again: its tasks are
// others' now, and DBOS and the ledger refuse what it would still record of them.
func (e *Engine) beat(ctx context.Context) error {
	var joined bool
	err := e.pulse.QueryRow(ctx, `INSERT INTO executors (id, version) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = now() RETURNING xmax = 0`,
		e.executor, protocolVersion).Scan(&joined)
	if err == nil && joined && e.joined.Swap(true) {
		e.log.WarnContext(ctx, "the other processes had given this one up: it was paused, or could not reach the database")
	}
	return err
}

// beating tells the others all the time.
func (e *Engine) beating(ctx context.Context) {
	every(ctx, beatInterval, func() {
		timed, cancel := context.WithTimeout(ctx, beatTimeout)
		defer cancel()
		if err := e.beat(timed); err != nil {
			e.beats.Store(0)
			if ctx.Err() == nil {
				e.log.WarnContext(ctx, "cannot tell the other processes that this one is alive", "error", err)
			}
			return
		}
		e.beats.Add(1)
	})
}
