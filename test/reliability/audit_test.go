//go:build live

package reliability_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
)

// history is what the tables hold of a run.
type history struct {
	id, status string
	failure    string
	outputs    map[string]any
	lastSeq    int64
	events     []event
	steps      map[string]string // path → status
}

type event struct {
	seq         int64
	kind, step  string
	agent, says string // whose event it is, and its most telling part
	call        int
	time        time.Time
}

// expected are the runs that a test was told were accepted, with the outputs they must have.
type expected map[string]map[string]any

// settle waits until every run has ended, and gives what was recorded.
func (w *world) settle(runs expected, within time.Duration) map[string]*history {
	w.t.Helper()
	var left []string
	for deadline := time.Now().Add(within); ; time.Sleep(200 * time.Millisecond) {
		left = w.unfinished()
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("within %v these of %d runs have not ended:\n%s", within, len(runs), strings.Join(left, "\n"))
		}
	}
	return w.histories()
}

// unfinished lists the runs that go on, each with its newest event.
func (w *world) unfinished() (left []string) {
	w.t.Helper()
	w.query(func(tx pgx.Tx) error {
		rows, err := tx.Query(w.t.Context(), `SELECT format('run %s is %s, last event %s %s %s at %s', r.id, r.status, e.seq, e.type, e.step, e.time)
FROM runs r LEFT JOIN events e ON e.run_id = r.id AND e.seq = r.last_seq WHERE r.ended_at IS NULL ORDER BY r.id`)
		if err != nil {
			return err
		}
		left, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return left
}

func (w *world) query(fn func(pgx.Tx) error) {
	w.t.Helper()
	if err := database.InWorkspace(w.t.Context(), w.pool, w.workspace, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) histories() map[string]*history {
	w.t.Helper()
	all := map[string]*history{}
	w.query(func(tx pgx.Tx) error {
		rows, err := tx.Query(w.t.Context(), `SELECT id, status, last_seq, coalesce(outputs::text, '{}'), coalesce(failure::text, '') FROM runs`)
		if err != nil {
			return err
		}
		h, outputs := &history{}, ""
		_, err = pgx.ForEachRow(rows, []any{&h.id, &h.status, &h.lastSeq, &outputs, &h.failure}, func() error {
			all[h.id] = &history{id: h.id, status: h.status, lastSeq: h.lastSeq, failure: h.failure, steps: map[string]string{}}
			return json.Unmarshal([]byte(outputs), &all[h.id].outputs)
		})
		if err != nil {
			return err
		}
		return readRecords(w.t, tx, all)
	})
	return all
}

func readRecords(t *testing.T, tx pgx.Tx, all map[string]*history) error {
	t.Helper()
	rows, err := tx.Query(t.Context(), `SELECT run_id, seq, type, step, time, CASE WHEN type IN ('message.completed', 'tool.result') THEN (data->>'call')::int ELSE 0 END,
		coalesce(data->>'agent', ''), coalesce(data->>'task', nullif(data->>'text', ''), data->>'tool', data->>'title', data->>'decision', '') FROM events ORDER BY run_id, seq`)
	if err != nil {
		return err
	}
	var run, status, path string
	var e event
	if _, err := pgx.ForEachRow(rows, []any{&run, &e.seq, &e.kind, &e.step, &e.time, &e.call, &e.agent, &e.says}, func() error {
		all[run].events = append(all[run].events, e)
		return nil
	}); err != nil {
		return err
	}
	if rows, err = tx.Query(t.Context(), `SELECT run_id, path, status FROM steps`); err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&run, &path, &status}, func() error {
		all[run].steps[path] = status
		return nil
	})
	return err
}

// audit demands that every run that was accepted is there once, completed, with the right outputs, and that its log
// is whole: seq without gaps, each step's result once.
func (w *world) audit(runs expected, recorded map[string]*history) {
	w.t.Helper()
	for id := range recorded {
		if _, started := runs[id]; !started {
			w.t.Errorf("run %s is there, and no request that was answered has started it", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(runs)) {
		h := recorded[id]
		if h == nil {
			w.t.Errorf("run %s was accepted and is lost", id)
			continue
		}
		for _, fault := range h.faults(runs[id]) {
			w.t.Errorf("run %s: %s", id, fault)
		}
	}
}

func (h *history) faults(outputs map[string]any) (faults []string) {
	fault := func(format string, arguments ...any) { faults = append(faults, fmt.Sprintf(format, arguments...)) }
	if h.status != "completed" {
		fault("it is %s: %s", h.status, h.failure)
	} else if outputs != nil && !reflect.DeepEqual(h.outputs, outputs) {
		fault("its outputs are %v, want %v", h.outputs, outputs)
	}
	counts := map[string]int{}
	for i, e := range h.events {
		if e.seq != int64(i)+1 {
			fault("event %d has seq %d (%s %s): a gap or a repeat", i+1, e.seq, e.kind, e.step)
			break
		}
		switch e.kind {
		case "step.completed", "run.completed", "run.queued", "done":
			counts[e.kind+" "+e.step]++
		case "message.completed":
			counts[fmt.Sprintf("%s %s call %d", e.kind, e.step, e.call)]++
		}
	}
	if n := int64(len(h.events)); n != h.lastSeq {
		fault("it has %d events, and its last seq is said to be %d", n, h.lastSeq)
	}
	for what, count := range counts {
		if count != 1 {
			fault("%s is in the log %d times", what, count)
		}
	}
	for _, must := range []string{"run.queued ", "run.completed ", "done "} {
		if counts[must] == 0 {
			fault("the log lacks %s", must)
		}
	}
	for path, status := range h.steps {
		if status != "completed" || counts["step.completed "+path] != 1 {
			fault("step %s is %s, with %d results in the log", path, status, counts["step.completed "+path])
		}
	}
	return faults
}

// stall is the longest time that any run stood still: between two of its events, and from a kill of the process that had it. A run
// whose next process is killed as well, before anything was recorded, has to be taken over once more.
func stall(recorded map[string]*history, kills ...kill) (longest time.Duration, where string) {
	for _, h := range recorded {
		for i := 1; i < len(h.events); i++ {
			before, after := h.events[i-1], h.events[i]
			from, hits := before.time, 0
			for _, k := range append(slices.Clip(kills), kill{at: after.time, runs: []string{h.id}}) {
				if !k.at.After(from) || k.at.After(after.time) || !slices.Contains(k.runs, h.id) {
					continue
				}
				if gap := k.at.Sub(from); gap > longest {
					longest = gap
					where = fmt.Sprintf("run %s, between seq %d (%s %s) and %d (%s %s), after %d kills", h.id, before.seq, before.kind, before.step, after.seq, after.kind, after.step, hits)
				}
				from, hits = k.at, hits+1
			}
		}
	}
	return longest, where
}

// kill is the end of a process: at is just before the signal.
type kill struct {
	process string
	at      time.Time
	runs    []string // that the process had tasks of
}

// hit gives the runs that a process has tasks of by DBOS's records. It must be asked before the others take them.
func (w *world) hit(m *member) []string {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), `SELECT DISTINCT split_part(workflow_uuid, '/', 1) FROM dbos.workflow_status WHERE status = 'PENDING' AND split_part(executor_id, '/', 2) = $1`,
		strconv.Itoa(m.PID()))
	if err != nil {
		w.t.Fatal(err)
	}
	runs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	return runs
}

// recordingTime is how long a returned answer may take to be recorded, on a loaded machine. A process that is killed
// within it has not recorded what it got.
const recordingTime = time.Second

// repeats is how often model calls were asked for again: of those, some because they were in flight at a kill, and some because
// their answer had just come and was not recorded.
type repeats struct {
	calls, requests, inFlight, repeated, afterAnswer int
	unrecorded                                       time.Duration // the longest time from such an answer to the kill
}

// repeats judges every request to a model. A call is asked for again only if the process that asked before was killed before it
// recorded the answer, and never after the answer is recorded.
func (w *world) repeats(requests []request, recorded map[string]*history, kills []kill) (r repeats) {
	w.t.Helper()
	byCall := map[string][]request{}
	for _, one := range requests {
		byCall[one.call] = append(byCall[one.call], one)
		r.requests++
		if slices.ContainsFunc(kills, func(k kill) bool { return k.process == one.process && (one.ended.IsZero() || one.ended.After(k.at)) }) {
			r.inFlight++
		}
	}
	r.calls = len(byCall)
	for call, requests := range byCall {
		done, found := recordedAt(recorded, call, 0)
		if !found {
			w.t.Errorf("the model was asked for call %s, and no run has its answer", call)
			continue
		}
		for i, one := range requests {
			if one.began.After(done) {
				w.t.Errorf("call %s was asked for again by %s at %s, though its answer was recorded at %s", call, one.process, one.began.Format(time.StampMilli), done.Format(time.StampMilli))
			}
			if i == len(requests)-1 {
				continue
			}
			r.repeated++
			if one.answered {
				r.afterAnswer++
			}
			for _, k := range kills {
				if k.process == one.process && one.answered {
					r.unrecorded = max(r.unrecorded, k.at.Sub(one.ended))
				}
			}
			if !explained(one, kills) {
				w.t.Errorf("call %s was asked for again by %s, though %s, which had asked from %s to %s, was not killed before it could record the answer",
					call, requests[i+1].process, one.process, one.began.Format(time.StampMilli), one.ended.Format(time.StampMilli))
			}
		}
	}
	return r
}

func explained(one request, kills []kill) bool {
	return slices.ContainsFunc(kills, func(k kill) bool {
		return k.process == one.process && (one.ended.IsZero() || one.ended.After(k.at.Add(-recordingTime)))
	})
}

// recordedAt finds when the answer of a call, run/step/generation/attempt/number, was recorded, or of the one that many before it.
func recordedAt(recorded map[string]*history, call string, before int) (time.Time, bool) {
	parts := strings.Split(call, "/")
	number, err := strconv.Atoi(parts[len(parts)-1])
	if len(parts) < 5 || err != nil {
		return time.Time{}, false
	}
	run, step := parts[0], strings.Join(parts[1:len(parts)-3], "/")
	h := cmp.Or(recorded[run], &history{})
	for _, e := range h.events {
		if e.call > 0 && e.step == step && e.call == number-before {
			return e.time, true
		}
	}
	return time.Time{}, false
}
