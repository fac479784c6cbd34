package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
)

// Event is one line of a run's log; Data is JSON as it was written.
type Event struct {
	Seq        int64
	Type, Step string
	Time       time.Time
	Data       string
}

// EventPage is a stretch of a run's log.
type EventPage struct {
	Events []Event
	// Head is the number of the run's newest event at the moment of reading; 0 in a page without events.
	Head int64
}

// The events' sizes are summed in PostgreSQL, so that a page of large ones is never in memory as a whole.
const eventsQuery = `
SELECT seq, type, step, time, data, (SELECT last_seq FROM runs WHERE id = $1)
FROM (SELECT seq, type, step, time, data, sum(octet_length(data)) OVER (ORDER BY seq) AS total
      FROM (SELECT seq, type, step, time, data::text AS data FROM events WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS page) AS summed
WHERE total <= $4 OR total = octet_length(data)
ORDER BY seq`

// Events reads a run's log after a number. A run that is not there has no events.
func (s *Store) Events(ctx context.Context, workspace, run string, after int64, bounds PageBounds) (page EventPage, err error) {
	if !id.Valid(id.Run, run) {
		return EventPage{}, noRun(run)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, eventsQuery, run, after, bounds.Rows, bounds.Bytes)
		if err != nil {
			return err
		}
		page.Events, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Event, err error) {
			return e, row.Scan(&e.Seq, &e.Type, &e.Step, &e.Time, &e.Data, &page.Head)
		})
		return err
	})
	return page, err
}

// workspacesAtOnce bounds the statements of one message to PostgreSQL.
const workspacesAtOnce = 200

// Heads gives the number of the newest event of each run, for runs by workspace. All are asked in one
// transaction, which enters one workspace after another.
func (s *Store) Heads(ctx context.Context, runs map[string][]string) (map[string]int64, error) {
	heads := map[string]int64{}
	for workspaces := range slices.Chunk(sortedKeys(runs), workspacesAtOnce) {
		batch := &pgx.Batch{}
		for _, workspace := range workspaces {
			batch.Queue(database.EnterSQL, workspace)
			batch.Queue(`SELECT id, last_seq FROM runs WHERE id = ANY($1)`, runs[workspace]).Query(func(rows pgx.Rows) error {
				var run string
				var head int64
				_, err := pgx.ForEachRow(rows, []any{&run, &head}, func() error { heads[run] = head; return nil })
				return err
			})
		}
		if err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() }); err != nil {
			return nil, err
		}
	}
	return heads, nil
}

func sortedKeys(runs map[string][]string) []string {
	keys := make([]string, 0, len(runs))
	for key := range runs {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// RunHead is how far a run's log reaches.
type RunHead struct {
	LastSeq int64
	Ended   bool // the newest event is the last, unless the run is retried
}

// Head gives the head of one run.
func (s *Store) Head(ctx context.Context, workspace, run string) (head RunHead, err error) {
	if !id.Valid(id.Run, run) {
		return RunHead{}, noRun(run)
	}
	const query = `SELECT last_seq, status NOT IN ('queued', 'running', 'paused') FROM runs WHERE id = $1`
	err = database.ReadRow(ctx, s.pool, workspace, []any{&head.LastSeq, &head.Ended}, query, run)
	return head, orNotFound(err, noRun(run))
}
