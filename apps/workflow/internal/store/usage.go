package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
)

// UsageLine is what one model consumed on one day in UTC, or the tools and steps of the day without a model.
type UsageLine struct {
	Day, Provider, Model string
	Usage                Usage
}

// A call belongs to the day it was started on. A step belongs to the day its run was made on: that is what the
// index of runs tells without reading every step. A replayed call asked nobody.
const usageQuery = `
SELECT to_char(day, 'YYYY-MM-DD'), provider, model, sum(cost)::bigint, sum(input_tokens)::bigint, sum(output_tokens)::bigint,
       sum(model_calls)::bigint, sum(tool_calls)::bigint, sum(steps)::bigint
FROM (
  SELECT date_trunc('day', started_at AT TIME ZONE 'UTC') AS day, split_part(name, '/', 1) AS provider, substr(name, strpos(name, '/') + 1) AS model,
         cost, input_tokens, output_tokens, 1 AS model_calls, 0 AS tool_calls, 0 AS steps
  FROM calls WHERE kind = 'model' AND status <> 'started' AND NOT replayed AND started_at >= $1 AND started_at < $2
  UNION ALL
  SELECT date_trunc('day', started_at AT TIME ZONE 'UTC'), '', '', cost, input_tokens, output_tokens, 0, 1, 0
  FROM calls WHERE kind = 'tool' AND status <> 'started' AND NOT replayed AND started_at >= $1 AND started_at < $2
  UNION ALL
  SELECT date_trunc('day', started_at AT TIME ZONE 'UTC'), provider, model, cost, input_tokens, output_tokens, 1, 0, 0
  FROM direct_calls WHERE status <> 'started' AND started_at >= $1 AND started_at < $2
  UNION ALL
  SELECT date_trunc('day', created_at AT TIME ZONE 'UTC'), '', '', 0, 0, 0, 0, 0, steps
  FROM runs WHERE steps > 0 AND created_at >= $1 AND created_at < $2
) AS used
GROUP BY day, provider, model ORDER BY day, provider, model`

// Usage sums what the workspace consumed from one moment to before another, by day and model.
func (s *Store) Usage(ctx context.Context, workspace string, from, to time.Time) (lines []UsageLine, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, usageQuery, from, to)
		if err != nil {
			return err
		}
		lines, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l UsageLine, err error) {
			return l, row.Scan(append([]any{&l.Day, &l.Provider, &l.Model}, append(l.Usage.targets(), &l.Usage.Steps)...)...)
		})
		return err
	})
	return lines, err
}
