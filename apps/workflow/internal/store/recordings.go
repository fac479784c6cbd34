package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/database"
)

// CallPlace is where a call stands in a run.
type CallPlace struct {
	Run, Step       string
	Attempt, Number int
}

// recordingSQL prefers the call at the same place, then one of the same step, then one that succeeded, and the newest of those.
const recordingSQL = `SELECT status, response::text, failure FROM calls WHERE run_id = $1 AND digest = $2 AND status IN ('succeeded', 'failed')
ORDER BY step = $3 AND attempt = $4 AND number = $5 DESC, step = $3 DESC, status = 'succeeded' DESC, generation DESC, step, attempt DESC, number LIMIT 1`

// Recording gives the result of the call of a run that asked what the digest stands for; ErrNotFound if there is none.
func (s *Store) Recording(ctx context.Context, workspace string, at CallPlace, digest []byte) (r node.CallResult, err error) {
	var response *string
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, recordingSQL, at.Run, digest, at.Step, at.Attempt, at.Number).Scan(&r.Status, &response, &r.Failure)
	})
	if response != nil {
		r.Response = []byte(*response)
	}
	return r, orNotFound(err, Missing("recording of run", at.Run))
}

// ComparedCall is a call of a replay and of the run that it replays, or of one of the two.
type ComparedCall struct {
	Step            string
	Attempt, Number int32
	Kind, Name      string
	Likeness        string // same, different, new or missing
	Replayed        bool
}

// MostCompared bounds how many calls a comparison lists.
const MostCompared = 1_000

// A retried run has several calls at one place; the newest counts.
const comparedSQL = `WITH call AS (
  SELECT DISTINCT ON (run_id, step, attempt, number) run_id, step, attempt, number, kind, name, digest, replayed
  FROM calls WHERE run_id IN ($1, $2) ORDER BY run_id, step, attempt, number, generation DESC
), compared AS (
  SELECT coalesce(r.step, o.step) AS step, coalesce(r.attempt, o.attempt) AS attempt, coalesce(r.number, o.number) AS number,
    coalesce(r.kind, o.kind) AS kind, coalesce(r.name, o.name) AS name, coalesce(r.replayed, false) AS replayed,
    CASE WHEN o.step IS NULL THEN 'new' WHEN r.step IS NULL THEN 'missing' WHEN r.digest = o.digest THEN 'same' ELSE 'different' END AS likeness
  FROM (SELECT step, attempt, number, kind, name, digest, replayed FROM call WHERE run_id = $1) AS r
    FULL JOIN (SELECT step, attempt, number, kind, name, digest, replayed FROM call WHERE run_id = $2) AS o USING (step, attempt, number)
)`

// CompareCalls sets the calls of a replay beside those of the run that it replays: how many are how alike, and the first of
// them, those that are not the same before the others.
func (s *Store) CompareCalls(ctx context.Context, workspace, replay, original string) (calls []ComparedCall, counts map[string]int64, err error) {
	counts = map[string]int64{}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, comparedSQL+` SELECT likeness, count(*) FROM compared GROUP BY likeness`, replay, original)
		if err != nil {
			return err
		}
		var likeness string
		var count int64
		if _, err := pgx.ForEachRow(rows, []any{&likeness, &count}, func() error { counts[likeness] = count; return nil }); err != nil {
			return err
		}
		rows, err = tx.Query(ctx, comparedSQL+` SELECT step, attempt, number, kind, name, likeness, replayed FROM compared
			ORDER BY likeness = 'same', step, attempt, number LIMIT $3`, replay, original, MostCompared)
		if err != nil {
			return err
		}
		calls, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ComparedCall])
		return err
	})
	return calls, counts, err
}
