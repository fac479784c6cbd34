package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/calendar"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/database"
)

// KindSchedule is the kind of actor that a schedule's runs are created by.
const KindSchedule = "schedule"

// MostQueued bounds how many ticks of one schedule wait for its runs to end.
const MostQueued = 100

// ScheduleVariables are what the expressions of a schedule's inputs may use: the due time in UTC and by the schedule's clocks.
func ScheduleVariables() []string { return []string{"due_at", "local_time", "schedule_id"} }

// Tick is what a process found due. Whether it still is, the transaction says.
type Tick struct {
	Schedule string `json:"schedule"`
	Revision int64  `json:"revision"` // of the schedule that the plan was made by
	// Asked is set for a tick that somebody asked for, which is due at Due.
	Asked *ledger.Actor `json:"asked,omitempty"`
	Due   time.Time     `json:"due,omitzero"`
	// Refused says why no run of the schedule can start; there is no plan then.
	Refused string `json:"refused,omitempty"`
}

// Result is what a transaction gave: the outcome of the run that started, and of those that were canceled for it.
type Result struct {
	Started  ledger.Outcome
	Canceled []ledger.Outcome
}

// row is the schedule's, locked.
type row struct {
	spec    store.ScheduleSpec
	nextAt  *time.Time
	queued  int
	paused  bool
	rev     int64
	now     time.Time // the database's clock
	running []string  // runs of earlier ticks that go on
}

// Fire makes at most one tick of a schedule: the next that is due, one that somebody asked for, or one that waited. Run names the run that starts.
// It has no effect if another process made the tick, or the schedule changed since it was found due.
func Fire(ctx context.Context, tx *ledger.Tx, plan ledger.Plan, workspace, run string, t Tick) (Result, error) {
	tx.Queue(database.EnterSQL+`, set_config('lock_timeout', '2s', true)`, workspace)
	f := &firing{ctx: ctx, tx: tx, plan: plan, workspace: workspace, run: run, tick: t}
	if err := f.lock(); err != nil {
		return Result{}, err
	}
	act := f.choose()
	if act == nil {
		tx.Queue(database.LeaveSQL)
		return Result{}, nil
	}
	return act()
}

// firing is one transaction's work on one schedule.
type firing struct {
	ctx            context.Context //nolint:containedctx // it lives as long as one call
	tx             *ledger.Tx
	plan           ledger.Plan
	workspace, run string
	tick           Tick
	row            row
	calendar       *calendar.Calendar
}

const lockSchedule = `SELECT name, inputs, cron, time_zone, overlap, catch_up, catch_up_window, next_at, queued, paused, revision, clock_timestamp(),
  ARRAY(SELECT id FROM runs WHERE created_by->>'kind' = 'schedule' AND created_by->>'subject' = $1 AND ended_at IS NULL ORDER BY id)
FROM schedules WHERE id = $1 FOR UPDATE`

func (f *firing) lock() error {
	r := &f.row
	var inputs []byte
	var window int64
	err := f.tx.QueryRow(f.ctx, lockSchedule, f.tick.Schedule).Scan(&r.spec.Name, &inputs, &r.spec.Cron, &r.spec.TimeZone, &r.spec.Overlap, &r.spec.CatchUp, &window,
		&r.nextAt, &r.queued, &r.paused, &r.rev, &r.now, &r.running)
	if errors.Is(err, pgx.ErrNoRows) {
		return store.Missing("schedule", f.tick.Schedule)
	}
	if err != nil {
		return err
	}
	r.spec.Inputs, r.spec.CatchUpWindow = string(inputs), time.Duration(window)*time.Second
	var problems []problem.Problem
	if f.calendar, problems = calendar.Parse(r.spec.Cron, r.spec.TimeZone); problems != nil {
		return fmt.Errorf("the calendar of schedule %s: %s", f.tick.Schedule, problems[0].Message)
	}
	return nil
}

// choose says which tick is to be made; nil if there is none.
func (f *firing) choose() func() (Result, error) {
	r := &f.row
	switch {
	case f.tick.Asked != nil && !f.tick.Due.IsZero():
		return func() (Result, error) { return f.tickAt(f.tick.Due) }
	case r.paused || r.rev != f.tick.Revision:
		return nil
	case r.nextAt != nil && !r.nextAt.After(r.now):
		return f.planned
	case r.queued > 0 && len(r.running) == 0:
		return f.release
	}
	return nil
}

// planned makes the tick that the calendar has, and goes on to the next.
func (f *firing) planned() (Result, error) {
	due := f.calendar.Due(*f.row.nextAt, f.row.now, calendar.Policy{CatchUp: f.row.spec.CatchUp, Window: f.row.spec.CatchUpWindow})
	if due.Missed > 0 {
		reason := fmt.Sprintf("no engine was there in time for %d ticks from then on, and catch_up is %s", due.Missed, f.row.spec.CatchUp)
		f.record(due.First, "missed", "", reason)
	}
	var next *time.Time
	if !due.Next.IsZero() {
		next = &due.Next
	}
	f.tx.Queue(`UPDATE schedules SET next_at = $2, claimed_until = NULL WHERE id = $1`, f.tick.Schedule, next)
	if due.At.IsZero() {
		f.tx.Queue(database.LeaveSQL)
		return Result{}, nil
	}
	return f.tickAt(due.At)
}

// tickAt records a tick, and starts its run if the policy of overlaps lets it.
func (f *firing) tickAt(due time.Time) (Result, error) {
	outcome, reason := f.overlapping()
	if outcome == "queued" {
		f.tx.Queue(`UPDATE schedules SET queued = queued + 1 WHERE id = $1`, f.tick.Schedule)
	}
	var inputs json.RawMessage
	if outcome == "started" {
		inputs, outcome, reason = f.inputs(due)
	}
	started := ""
	if outcome == "started" {
		started = f.run
	}
	f.record(due, outcome, started, reason)
	return f.start(outcome, inputs)
}

// overlapping applies the policy to the runs that go on.
func (f *firing) overlapping() (outcome, reason string) {
	going := len(f.row.running)
	switch f.row.spec.Overlap {
	case "skip":
		if going > 0 {
			return "skipped", "run " + f.row.running[0] + " of an earlier tick goes on"
		}
	case "queue":
		if f.row.queued >= MostQueued {
			return "skipped", fmt.Sprintf("%d ticks wait already", f.row.queued)
		}
		if going > 0 || f.row.queued > 0 {
			return "queued", ""
		}
	}
	return "started", ""
}

// release starts the run of the tick that waits longest.
func (f *firing) release() (Result, error) {
	var due time.Time
	if err := f.tx.QueryRow(f.ctx, `SELECT due_at FROM schedule_ticks WHERE schedule_id = $1 AND outcome = 'queued' ORDER BY due_at LIMIT 1`, f.tick.Schedule).Scan(&due); err != nil {
		return Result{}, err
	}
	inputs, outcome, reason := f.inputs(due)
	var started *string
	if outcome == "started" {
		started = &f.run
	}
	f.tx.Queue(`WITH tick AS (UPDATE schedule_ticks SET outcome = $3, run_id = $4, reason = $5 WHERE schedule_id = $1 AND due_at = $2)
UPDATE schedules SET queued = queued - 1, claimed_until = NULL WHERE id = $1`, f.tick.Schedule, due, outcome, started, reason)
	return f.start(outcome, inputs)
}

// inputs are those of the tick's run, or why there can be none.
func (f *firing) inputs(due time.Time) (inputs json.RawMessage, outcome, reason string) {
	if f.tick.Refused != "" {
		return nil, "failed", f.tick.Refused
	}
	compiled, err := CompileInputs(json.RawMessage(f.row.spec.Inputs), ScheduleVariables())
	if err == nil {
		inputs, err = compiled.For(f.plan, TickVariables(f.tick.Schedule, due, f.calendar))
	}
	if err != nil {
		return nil, "failed", "the inputs do not fit: " + err.Error()
	}
	return inputs, "started", ""
}

// TickVariables are the values of ScheduleVariables for one tick.
func TickVariables(schedule string, due time.Time, c *calendar.Calendar) map[string]any {
	return map[string]any{"schedule_id": schedule, "due_at": due.UTC().Format(time.RFC3339), "local_time": due.In(c.Location()).Format(time.RFC3339)}
}

const mostReason = 1000

// keepTicks is how long the ticks of a schedule are kept.
const keepTicks = 90 * 24 * time.Hour

func (f *firing) record(due time.Time, outcome, run, reason string) {
	var started *string
	if run != "" {
		started = &run
	}
	if len(reason) > mostReason {
		reason = string([]rune(reason)[:mostReason/4]) + " …"
	}
	f.tx.Queue(`WITH old AS (DELETE FROM schedule_ticks WHERE schedule_id = $1 AND due_at < clock_timestamp() - make_interval(secs => $7) AND outcome <> 'queued')
INSERT INTO schedule_ticks (schedule_id, workspace_id, due_at, outcome, run_id, reason, triggered_by) VALUES ($1, $2, $3, $4, $5, $6, $8)`,
		f.tick.Schedule, f.workspace, due, outcome, started, reason, keepTicks.Seconds(), f.tick.Asked)
}

// start creates the run that was recorded, after it has canceled those that must make room.
func (f *firing) start(outcome string, inputs json.RawMessage) (result Result, err error) {
	if outcome != "started" {
		f.tx.Queue(database.LeaveSQL)
		return result, nil
	}
	by := ledger.Actor{Subject: f.tick.Schedule, Kind: KindSchedule}
	if f.row.spec.Overlap == "cancel_previous" {
		for _, run := range f.row.running {
			canceled, err := ledger.Cancel(f.ctx, f.tx, ledger.Plan{}, f.workspace, run, "the schedule's next tick is due", by)
			if err != nil {
				return result, err
			}
			result.Canceled = append(result.Canceled, canceled)
		}
	}
	result.Started, err = ledger.Create(f.ctx, f.tx, f.plan, ledger.New{ID: f.run, Workspace: f.workspace, Inputs: inputs, By: by})
	return result, err
}
