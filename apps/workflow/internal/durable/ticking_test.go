package durable_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/calendar"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
)

// ticksPatience bounds what a loaded machine needs for some seconds' work.
const ticksPatience = 60 * time.Second

const asks = `{"id": "ask", "type": "approval", "config": {"title": "Go on?"}}`

func (s *system) exec(sql string, arguments ...any) {
	s.t.Helper()
	err := database.InWorkspace(s.t.Context(), s.pool, s.workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(s.t.Context(), sql, arguments...)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// schedule keeps one of every minute whose next tick was planned some minutes ago.
func (s *system) schedule(overlap, catchUp string, minutesAgo int, inputs string) string {
	s.t.Helper()
	s.exec(`INSERT INTO workflows (id, workspace_id, name, document, published_version, created_by, updated_by)
		VALUES ($1, $2, 'Test', '{}', 1, '{}', '{}') ON CONFLICT DO NOTHING`, workflowID, s.workspace)
	tables := store.New(s.pool)
	planned := func(now time.Time) time.Time {
		return now.Truncate(time.Minute).Add(-time.Duration(minutesAgo) * time.Minute)
	}
	made, err := tables.CreateSchedule(s.t.Context(), s.workspace, id.New(id.Schedule), store.ScheduleSpec{Name: "Test", WorkflowID: workflowID, Inputs: inputs,
		Cron: "* * * * *", TimeZone: "UTC", Overlap: overlap, CatchUp: catchUp, CatchUpWindow: 24 * time.Hour}, planned, store.Actor{Subject: "u1", Kind: "user"})
	if err != nil {
		s.t.Fatal(err)
	}
	return made.ID
}

// outcomes waits until the schedule has no tick that is due, and gives how its ticks ended, the oldest first.
func (s *system) outcomes(schedule string) []string {
	s.t.Helper()
	for deadline := time.Now().Add(ticksPatience); !get[bool](s, `SELECT next_at > now() FROM schedules WHERE id = $1`, schedule); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("ticks stay due")
		}
	}
	return strings.Fields(get[string](s, `SELECT coalesce(string_agg(outcome, ' ' ORDER BY due_at), '') FROM schedule_ticks WHERE schedule_id = $1`, schedule))
}

func count(words []string, word string) (n int) {
	for _, w := range words {
		if w == word {
			n++
		}
	}
	return n
}

const runsOf = `SELECT count(*) FROM runs WHERE created_by->>'subject' = $1`

// TestEachTickStartsOneRun has engines meet at the same ticks, some of which fall silent on the way.
func TestEachTickStartsOneRun(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``, `"inputs": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}`, `"outputs": {"at": "${{ inputs.at }}"}`))
	const missed = 40
	schedules := make([]string, 3)
	for i := range schedules {
		schedules[i] = s.schedule("allow", calendar.CatchUpAll, missed, `{"at": "${{ due_at }}"}`)
	}
	first := s.engine(&calls{}, 0)
	s.engine(&calls{}, 0)
	s.engine(&calls{}, 0)
	for get[int](s, `SELECT count(*) FROM schedule_ticks`) < missed {
		time.Sleep(5 * time.Millisecond)
	}
	first.Freeze()
	for _, schedule := range schedules {
		got := s.outcomes(schedule)
		if n := count(got, "started"); n != len(got) || n < missed+1 || n > missed+2 {
			t.Errorf("%d of %d ticks started, want %d, and one more if a minute began meanwhile", n, len(got), missed+1)
		}
		if runs := get[int](s, runsOf, schedule); runs != len(got) {
			t.Errorf("%d ticks started %d runs", len(got), runs)
		}
		if wrong := get[int](s, `SELECT count(*) FROM schedule_ticks t LEFT JOIN runs r ON r.id = t.run_id WHERE t.schedule_id = $1
			AND (r.inputs->>'at')::timestamptz IS DISTINCT FROM t.due_at`, schedule); wrong != 0 {
			t.Errorf("%d ticks have no run, or one of another time", wrong)
		}
		for range 10 { // more runs than one at a time
			run := get[string](s, `SELECT run_id FROM schedule_ticks WHERE schedule_id = $1 ORDER BY random() LIMIT 1`, schedule)
			s.await(run, "completed", ticksPatience)
		}
	}
}

func TestOverlapsAndWhatWasMissed(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(asks, ``))
	s.engine(&calls{}, 0)
	for _, test := range []struct{ overlap, catchUp, first, rest string }{
		{"skip", calendar.CatchUpAll, "started", "skipped"},
		{"queue", calendar.CatchUpAll, "started", "queued"},
		{"cancel_previous", calendar.CatchUpAll, "started", "started"},
		{"allow", calendar.CatchUpAll, "started", "started"},
		{"allow", calendar.CatchUpLast, "missed", "started"},
		{"allow", calendar.CatchUpNone, "missed", "started"},
	} {
		t.Run(test.overlap+" "+test.catchUp, func(t *testing.T) {
			t.Parallel()
			schedule := s.schedule(test.overlap, test.catchUp, 4, `{}`)
			got := s.outcomes(schedule)
			if got[0] != test.first || count(got[1:], test.rest) != len(got)-1 || test.first == "started" && len(got) < 5 {
				t.Errorf("the ticks are %v", got)
			}
			want := 1
			if test.overlap == "allow" {
				want = count(got, "started")
			}
			if going := get[int](s, runsOf+` AND ended_at IS NULL`, schedule); going != want {
				t.Errorf("%d runs go on, want %d, after the ticks %v", going, want, got)
			}
			if err := store.New(s.pool).DeleteSchedule(t.Context(), s.workspace, schedule, 0); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatWaitsStartsWhenTheRunBeforeHasEnded(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(asks, ``))
	e := s.engine(&calls{}, 0)
	schedule := s.schedule("queue", calendar.CatchUpAll, 2, `{}`)
	ticks := len(s.outcomes(schedule))
	for range ticks {
		var run string
		for deadline := time.Now().Add(ticksPatience); run == ""; time.Sleep(20 * time.Millisecond) {
			run = get[string](s, `SELECT coalesce(max(id), '') FROM runs WHERE created_by->>'subject' = $1 AND ended_at IS NULL`, schedule)
			if time.Now().After(deadline) {
				t.Fatal("nothing starts")
			}
		}
		if err := e.Cancel(t.Context(), s.caller(), run, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got := get[int](s, runsOf, schedule); got < ticks {
		t.Errorf("%d runs of %d ticks", got, ticks)
	}
	if wrong := get[int](s, `SELECT count(*) FROM schedule_ticks a JOIN schedule_ticks b USING (schedule_id)
		WHERE a.schedule_id = $1 AND a.due_at < b.due_at AND a.run_id > b.run_id`, schedule); wrong > 0 {
		t.Error("ticks that waited started in another order")
	}
}

func TestATickThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(asks, ``, `"inputs": {"type": "object", "required": ["n"]}`))
	e := s.engine(&calls{}, 0)
	schedule := s.schedule("allow", calendar.CatchUpNone, 0, `{}`)
	if got := s.outcomes(schedule); got[0] != "failed" {
		t.Errorf("without its inputs: %v", got)
	}
	if reason := get[string](s, `SELECT reason FROM schedule_ticks WHERE schedule_id = $1`, schedule); !strings.Contains(reason, "do not fit") {
		t.Errorf("the reason is %q", reason)
	}
	s.exec(`UPDATE workflows SET deleted_at = now()`)
	tick, err := e.Trigger(t.Context(), s.caller(), schedule, "")
	if err != nil || tick.Outcome != "failed" || !strings.Contains(tick.Reason, "not found") || tick.TriggeredBy.Subject != "u1" {
		t.Errorf("of a deleted workflow: %+v, %v", tick, err)
	}
}

func TestATickThatSomebodyAskedFor(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(asks, ``))
	e := s.engine(&calls{}, 0)
	schedule, run := s.schedule("skip", calendar.CatchUpNone, -60, `{}`), id.New(id.Run)
	for range 2 { // the same again gives the same
		tick, err := e.Trigger(t.Context(), s.caller(), schedule, run)
		if err != nil || tick.Outcome != "started" || tick.RunID != run {
			t.Errorf("%+v, %v", tick, err)
		}
	}
	if tick, err := e.Trigger(t.Context(), s.caller(), schedule, ""); err != nil || tick.Outcome != "skipped" || !strings.Contains(tick.Reason, run) {
		t.Errorf("while the run goes on: %+v, %v", tick, err)
	}
	var by struct{ Subject, Kind string }
	if err := json.Unmarshal([]byte(get[string](s, `SELECT created_by::text FROM runs WHERE id = $1`, run)), &by); err != nil || fmt.Sprint(by) != fmt.Sprintf("{%s schedule}", schedule) {
		t.Errorf("the run is by %v, %v", by, err)
	}
}
