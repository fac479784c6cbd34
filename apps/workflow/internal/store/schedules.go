package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// ScheduleSpec is what a schedule is made of.
type ScheduleSpec struct {
	Name, WorkflowID string
	Version          int32  // 0: the newest at each tick
	Inputs           string // JSON with expressions over the tick
	Cron, TimeZone   string
	Overlap, CatchUp string
	CatchUpWindow    time.Duration // in seconds
}

// Schedule starts runs by the calendar.
type Schedule struct {
	ScheduleSpec
	ID                   string
	Paused               bool
	Revision             int64
	Now                  time.Time // the database's clock, when it was read
	CreatedBy, UpdatedBy Actor
	CreatedAt, UpdatedAt time.Time
}

// mostSchedules bounds those of one workspace.
const mostSchedules = 1000

const scheduleColumns = `id, name, workflow_id, version, inputs::text, cron, time_zone, overlap, catch_up, make_interval(secs => catch_up_window),
	paused, revision, clock_timestamp(), created_by, created_at, updated_by, updated_at`

// targets are where the scheduleColumns go.
func (s *Schedule) targets() []any {
	return []any{&s.ID, &s.Name, &s.WorkflowID, &s.Version, &s.Inputs, &s.Cron, &s.TimeZone, &s.Overlap, &s.CatchUp, &s.CatchUpWindow,
		&s.Paused, &s.Revision, &s.Now, &s.CreatedBy, &s.CreatedAt, &s.UpdatedBy, &s.UpdatedAt}
}

// NextTick says when a schedule is due after a time of the database's clock; zero: never.
type NextTick func(after time.Time) time.Time

// CreateSchedule keeps a new schedule. The same id again gives the one that is there.
func (s *Store) CreateSchedule(ctx context.Context, workspace, schedule string, spec ScheduleSpec, next NextTick, by Actor) (made Schedule, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		if err := room(ctx, tx, "schedules", mostSchedules); err != nil {
			return err
		}
		var now time.Time
		if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
			return err
		}
		const statement = `INSERT INTO schedules (id, workspace_id, name, workflow_id, version, inputs, cron, time_zone, overlap, catch_up, catch_up_window, next_at, created_by, updated_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) ON CONFLICT (id) DO NOTHING`
		if _, err := tx.Exec(ctx, statement, schedule, workspace, spec.Name, spec.WorkflowID, spec.Version, spec.Inputs, spec.Cron, spec.TimeZone, spec.Overlap, spec.CatchUp,
			int64(spec.CatchUpWindow/time.Second), orNull(next(now)), by); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT `+scheduleColumns+` FROM schedules WHERE id = $1`, schedule).Scan(made.targets()...)
	})
	return made, orNotFound(err, fmt.Errorf("there is another schedule with the id %s already; choose a new id: %w", schedule, ErrConflict))
}

// Schedule gives one schedule.
func (s *Store) Schedule(ctx context.Context, workspace, schedule string) (found Schedule, err error) {
	if !id.Valid(id.Schedule, schedule) {
		return Schedule{}, noSchedule(schedule)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+scheduleColumns+` FROM schedules WHERE id = $1`, schedule).Scan(found.targets()...)
	})
	return found, orNotFound(err, noSchedule(schedule))
}

// Schedules lists at most limit schedules after the cursor, the newest first; of one workflow, if it is named.
func (s *Store) Schedules(ctx context.Context, workspace, workflow string, after paging.Cursor, limit int) ([]Schedule, error) {
	f := &filter{}
	if workflow != "" {
		f.add("workflow_id = ?", workflow)
	}
	return newest(ctx, s.pool, workspace, `SELECT `+scheduleColumns+` FROM schedules`, f, after, limit, (*Schedule).targets)
}

// UpdateSchedule replaces what a schedule is made of. A tick that is due stays due, unless the calendar is another.
func (s *Store) UpdateSchedule(ctx context.Context, workspace, schedule string, revision int64, spec ScheduleSpec, next NextTick, by Actor) (changed Schedule, err error) {
	const statement = `UPDATE schedules SET name = $4, workflow_id = $5, version = $6, inputs = $7, overlap = $8, catch_up = $9, catch_up_window = $10,
		next_at = CASE WHEN (cron, time_zone) = ($11, $12) THEN next_at ELSE $13 END, cron = $11, time_zone = $12, updated_by = $3, updated_at = now(), revision = revision + 1
		WHERE id = $1 AND ($2 = 0::bigint OR revision = $2) RETURNING ` + scheduleColumns
	return s.changeSchedule(ctx, workspace, schedule, revision, func(tx pgx.Tx, now time.Time) pgx.Row {
		return tx.QueryRow(ctx, statement, schedule, revision, by, spec.Name, spec.WorkflowID, spec.Version, spec.Inputs, spec.Overlap, spec.CatchUp,
			int64(spec.CatchUpWindow/time.Second), spec.Cron, spec.TimeZone, orNull(next(now)))
	})
}

// PauseSchedule lets times pass without ticks, and those that wait, wait.
func (s *Store) PauseSchedule(ctx context.Context, workspace, schedule string, by Actor) (Schedule, error) {
	const statement = `UPDATE schedules SET paused = true, updated_by = $2, updated_at = now(), revision = revision + 1 WHERE id = $1 RETURNING ` + scheduleColumns
	return s.changeSchedule(ctx, workspace, schedule, 0, func(tx pgx.Tx, _ time.Time) pgx.Row { return tx.QueryRow(ctx, statement, schedule, by) })
}

// ResumeSchedule goes on from now. It does not touch what is due if the schedule is not paused.
func (s *Store) ResumeSchedule(ctx context.Context, workspace, schedule string, next NextTick, by Actor) (Schedule, error) {
	const statement = `UPDATE schedules SET next_at = CASE WHEN paused THEN $3 ELSE next_at END, paused = false, updated_by = $2, updated_at = now(), revision = revision + 1
		WHERE id = $1 RETURNING ` + scheduleColumns
	return s.changeSchedule(ctx, workspace, schedule, 0, func(tx pgx.Tx, now time.Time) pgx.Row {
		return tx.QueryRow(ctx, statement, schedule, by, orNull(next(now)))
	})
}

// DeleteSchedule removes a schedule with its ticks.
func (s *Store) DeleteSchedule(ctx context.Context, workspace, schedule string, revision int64) error {
	_, err := s.changeSchedule(ctx, workspace, schedule, revision, func(tx pgx.Tx, _ time.Time) pgx.Row {
		return tx.QueryRow(ctx, `DELETE FROM schedules WHERE id = $1 AND ($2 = 0::bigint OR revision = $2) RETURNING `+scheduleColumns, schedule, revision)
	})
	return err
}

// changeSchedule runs a statement that gives no row when the schedule is gone or of another revision, and says which.
func (s *Store) changeSchedule(ctx context.Context, workspace, schedule string, revision int64, statement func(tx pgx.Tx, now time.Time) pgx.Row) (changed Schedule, err error) {
	if !id.Valid(id.Schedule, schedule) {
		return Schedule{}, noSchedule(schedule)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		var now time.Time
		var current int64
		err := tx.QueryRow(ctx, `SELECT clock_timestamp(), revision FROM schedules WHERE id = $1 FOR UPDATE`, schedule).Scan(&now, &current)
		if err != nil {
			return orNotFound(err, noSchedule(schedule))
		}
		err = statement(tx, now).Scan(changed.targets()...)
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("schedule %s is at revision %d, not %d: %w; read it again and repeat the change on it", schedule, current, revision, ErrStale)
		}
		return err
	})
	return changed, err
}

func noSchedule(schedule string) error { return Missing("schedule", schedule) }

// orNull is null for no time.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
