package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/paging"
)

// Tick is one due time of a schedule, recorded.
type Tick struct {
	ScheduleID  string
	DueAt       time.Time
	Outcome     string
	RunID       string // empty unless it started
	Reason      string
	TriggeredBy *Actor // nil: the calendar
	RecordedAt  time.Time
}

const tickColumns = `schedule_id, due_at, outcome, coalesce(run_id, ''), reason, triggered_by, recorded_at`

func scanTick(row pgx.CollectableRow) (t Tick, err error) {
	return t, row.Scan(&t.ScheduleID, &t.DueAt, &t.Outcome, &t.RunID, &t.Reason, &t.TriggeredBy, &t.RecordedAt)
}

// Ticks lists at most limit ticks of a schedule after the cursor, the newest first.
func (s *Store) Ticks(ctx context.Context, workspace, schedule string, after paging.Cursor, limit int) (ticks []Tick, err error) {
	if _, err := s.Schedule(ctx, workspace, schedule); err != nil {
		return nil, err
	}
	f := &filter{}
	f.add("schedule_id = ?", schedule)
	if !after.First() {
		f.add("due_at < ?", after.Time)
	}
	return s.ticks(ctx, workspace, fmt.Sprintf(`SELECT %s FROM schedule_ticks%s ORDER BY due_at DESC LIMIT %d`, tickColumns, f.where(), limit), f.arguments...)
}

// LastTicks gives the newest ticks of each schedule.
func (s *Store) LastTicks(ctx context.Context, workspace string, schedules []string, most int) (map[string][]Tick, error) {
	ticks, err := s.ticks(ctx, workspace, `SELECT `+tickColumns+` FROM unnest($1::text[]) AS s (schedule), LATERAL (
		SELECT schedule_id, due_at, outcome, run_id, reason, triggered_by, recorded_at FROM schedule_ticks WHERE schedule_id = s.schedule ORDER BY due_at DESC LIMIT $2) AS t`, schedules, most)
	bySchedule := map[string][]Tick{}
	for _, t := range ticks {
		bySchedule[t.ScheduleID] = append(bySchedule[t.ScheduleID], t)
	}
	return bySchedule, err
}

// TickOfRun gives the tick that a run was started by.
func (s *Store) TickOfRun(ctx context.Context, workspace, schedule, run string) (Tick, error) {
	return s.tick(ctx, workspace, `schedule_id = $1 AND run_id = $2`, schedule, run)
}

// Tick gives one tick.
func (s *Store) Tick(ctx context.Context, workspace, schedule string, due time.Time) (Tick, error) {
	return s.tick(ctx, workspace, `schedule_id = $1 AND due_at = $2`, schedule, due)
}

func (s *Store) tick(ctx context.Context, workspace, condition string, schedule string, of any) (Tick, error) {
	ticks, err := s.ticks(ctx, workspace, `SELECT `+tickColumns+` FROM schedule_ticks WHERE `+condition, schedule, of)
	if err == nil && len(ticks) == 0 {
		err = noSchedule(schedule)
	}
	if err != nil {
		return Tick{}, err
	}
	return ticks[0], nil
}

func (s *Store) ticks(ctx context.Context, workspace, query string, arguments ...any) (ticks []Tick, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, arguments...)
		if err != nil {
			return err
		}
		ticks, err = pgx.CollectRows(rows, scanTick)
		return err
	})
	return ticks, err
}

// Claimed is a schedule that is due, in its workspace.
type Claimed struct{ Workspace, Schedule string }

// claimFor is how long the others leave a schedule to the process that claimed it.
const claimFor = 5 * time.Second

// ClaimSchedules gives schedules of all workspaces that have a tick to be made, to one process at a time. A claim only saves work: what a
// tick depends on is looked at again with the schedule locked.
func (s *Store) ClaimSchedules(ctx context.Context, most int) (claimed []Claimed, err error) {
	const statement = `UPDATE schedules SET claimed_until = now() + $2::interval WHERE id IN (
		SELECT id FROM (SELECT id, next_at FROM schedules WHERE next_at <= now() AND NOT paused
			UNION SELECT id, next_at FROM schedules s WHERE queued > 0 AND NOT paused AND NOT EXISTS (
				SELECT FROM runs WHERE created_by->>'kind' = 'schedule' AND created_by->>'subject' = s.id AND ended_at IS NULL)) AS due
		JOIN schedules AS open USING (id) WHERE open.claimed_until IS NULL OR open.claimed_until < now() ORDER BY due.next_at LIMIT $1 FOR UPDATE OF open SKIP LOCKED)
		RETURNING workspace_id, id`
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, claimingSQL, database.AppRole); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, statement, most, claimFor)
		if err != nil {
			return err
		}
		claimed, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Claimed])
		return err
	})
	return claimed, err
}

// claimingSQL lets a transaction see what is due in all workspaces, and runs for reading.
const claimingSQL = `SELECT set_config('role', $1, true), set_config('agentteam.claiming', 'on', true), set_config('agentteam.counting', 'on', true)`

// Now is the database's clock.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	return now, s.pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
}
