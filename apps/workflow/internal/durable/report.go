package durable

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// reportInterval is CloudWatch's own: it keeps one value a minute.
const reportInterval = time.Minute

// reporting publishes what the infrastructure scales and alarms by: at once, every minute, and the last spend at the end.
func (e *Engine) reporting(ctx context.Context) {
	var last *time.Time
	every(ctx, reportInterval, func() {
		e.reportSpend(ctx)
		var err error
		if last, err = e.reportWork(ctx, last); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "cannot report the work there is", "error", err)
		}
	})
	e.reportSpend(context.WithoutCancel(ctx))
}

func (e *Engine) reportSpend(ctx context.Context) {
	calls, cost := e.measure.TakeSpend()
	e.publish(ctx, contract.LogSpend, slog.Int64("model_calls", calls), slog.Float64("cost_usd", float64(cost)/1e6))
}

// reportWork publishes what all engines have to do, if this is the one of them that lives longest. It gives the time up to
// which ended runs are counted, or none if another process counts them.
func (e *Engine) reportWork(ctx context.Context, last *time.Time) (*time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, reportInterval/2)
	defer cancel()
	var mine bool
	var engines, queued, inFlight int64
	err := e.pool.QueryRow(ctx, `SELECT coalesce((SELECT id FROM executors ORDER BY started_at, id LIMIT 1) = $1, false), (SELECT count(*) FROM executors),
		count(*) FILTER (WHERE status = 'ENQUEUED'), count(*) FILTER (WHERE status = 'PENDING')
		FROM dbos.workflow_status WHERE queue_name = $2 AND status IN ('ENQUEUED', 'PENDING')`, e.executor, queueName).Scan(&mine, &engines, &queued, &inFlight)
	if err != nil || !mine {
		return nil, err
	}
	runs, now, err := e.countRuns(ctx, last)
	if err != nil {
		return nil, err
	}
	e.publish(ctx, contract.LogWork, append(runs, slog.Int64("engines", engines), slog.Int64("tasks_queued", queued), slog.Int64("tasks_in_flight", inFlight),
		slog.Float64("tasks_per_engine", float64(queued+inFlight)/float64(engines)))...)
	return &now, nil
}

// countRuns counts the runs of all workspaces by status: those under way, and those that have ended since the last count.
func (e *Engine) countRuns(ctx context.Context, last *time.Time) (counts []slog.Attr, now time.Time, err error) {
	found := map[ledger.Status]int64{}
	err = pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT now() FROM set_config('role', $1, true) AS role, set_config('agentteam.counting', 'on', true) AS counting`, database.AppRole).Scan(&now); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT status, count(*) FROM runs WHERE ended_at IS NULL GROUP BY status
			UNION ALL SELECT status, count(*) FROM runs WHERE ended_at > coalesce($1, now() - $2::interval) AND ended_at <= now() GROUP BY status`, last, reportInterval)
		if err != nil {
			return err
		}
		var status ledger.Status
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&status, &n}, func() error {
			found[status] += n
			return nil
		})
		return err
	})
	for _, s := range ledger.Statuses() {
		counts = append(counts, slog.Int64("runs_"+string(s), found[s]))
	}
	return counts, now, err
}

func (e *Engine) publish(ctx context.Context, message string, numbers ...slog.Attr) {
	if err := telemetry.Publish(ctx, e.log, message, numbers...); err != nil {
		e.log.WarnContext(ctx, "metrics could not be written to the log", "error", err)
	}
}
