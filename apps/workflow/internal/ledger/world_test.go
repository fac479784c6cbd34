package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
)

// world is one run on a real database, whose tasks the test carries out itself, one after the other.
type world struct {
	t         *testing.T
	pool      *pgxpool.Pool
	workspace string
	plan      ledger.Plan
	run       string
	ready     []ledger.Task
	delayed   []ledger.Task
	began     map[string]int // how often each step was performed
	// perform says what a step's calls give; without it they complete with their config's url.
	perform func(t ledger.Task, config json.RawMessage) ledger.Move
}

func caller() ledger.Actor { return ledger.Actor{Subject: "u1", Kind: "user"} }

// documents compiles named documents; the first is the plan's root, sub-workflows refer to the others by name.
func documents(t *testing.T, texts ...string) ledger.Plan {
	t.Helper()
	all := map[ledger.Version]*graph.Graph{}
	for i, text := range slices.Backward(texts) {
		d, problems := document.Decode([]byte(text))
		if len(problems) > 0 {
			t.Fatalf("%+v in %s", problems, text)
		}
		g, problems := graph.Compile(d, graph.Catalog{Types: graph.DefaultTypes(), Providers: map[string]string{"openai": ""},
			Subworkflow: func(workflow string, version int) (json.RawMessage, bool, error) {
				g, found := all[ledger.Version{Workflow: workflow, Number: version}]
				if !found {
					return nil, false, nil
				}
				return g.Document.Inputs, true, nil
			}})
		if len(problems) > 0 {
			t.Fatalf("%+v in %s", problems, text)
		}
		all[ledger.Version{Workflow: workflowID(i), Number: 1}] = g
	}
	plan, err := ledger.Resolve(ledger.Version{Workflow: workflowID(0), Number: 1}, func(v ledger.Version) (*graph.Graph, error) {
		if g, found := all[v]; found {
			return g, nil
		}
		return nil, fmt.Errorf("%v: %w", v, ledger.ErrNotFound)
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func workflowID(i int) string { return fmt.Sprintf("wfl_%026d", i) }

// flow is a document of nodes and edges.
func flow(nodes, edges string, more ...string) string {
	rest := strings.Join(append([]string{""}, more...), ",")
	return `{"schema": "agentteam/v1", "name": "Test", "nodes": [` + nodes + `], "edges": [` + edges + `]` + rest + `}`
}

func newWorld(t *testing.T, texts ...string) *world {
	t.Helper()
	pool := databasetest.Open(t)
	return &world{t: t, pool: pool, workspace: databasetest.Workspace(t, pool), plan: documents(t, texts...), run: id.New(id.Run), began: map[string]int{}}
}

func start(t *testing.T, inputs string, texts ...string) *world {
	t.Helper()
	w := newWorld(t, texts...)
	w.create(ledger.New{Inputs: json.RawMessage(inputs)})
	return w
}

func (w *world) create(n ledger.New) {
	w.t.Helper()
	n.ID, n.Workspace, n.By = w.run, w.workspace, caller()
	w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Create(ctx, tx, w.plan, n)
	})
}

// change commits a function of the ledger, again if the run was changed since, and keeps the tasks that it gives.
func (w *world) change(fn func(context.Context, *ledger.Tx) (ledger.Outcome, error)) (ledger.Outcome, error) {
	o, err := w.commit(fn)
	if ledger.Outdated(err) {
		o, err = w.commit(fn)
	}
	for _, t := range o.Next {
		if t.After > 0 {
			w.delayed = append(w.delayed, t)
		} else {
			w.ready = append(w.ready, t)
		}
	}
	return o, err
}

func (w *world) commit(fn func(context.Context, *ledger.Tx) (ledger.Outcome, error)) (ledger.Outcome, error) {
	var o ledger.Outcome
	err := pgx.BeginFunc(w.t.Context(), w.pool, func(tx pgx.Tx) (err error) {
		change := ledger.On(tx)
		if o, err = fn(w.t.Context(), change); err != nil {
			return err
		}
		if err := change.Send(w.t.Context()); err != nil {
			return err
		}
		var role string
		if err := tx.QueryRow(w.t.Context(), `SELECT current_setting('role')`).Scan(&role); err != nil || role != "none" {
			return fmt.Errorf("the transaction ends in role %q, %w", role, err)
		}
		return nil
	})
	return o, err
}

func (w *world) must(fn func(context.Context, *ledger.Tx) (ledger.Outcome, error)) ledger.Outcome {
	w.t.Helper()
	o, err := w.change(fn)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// work carries out all tasks that are ready, and those that become it.
func (w *world) work() {
	w.t.Helper()
	for len(w.ready) > 0 {
		t := w.ready[0]
		w.ready = w.ready[1:]
		w.carry(t)
	}
}

func (w *world) carry(t ledger.Task) ledger.Outcome {
	w.t.Helper()
	if t.Kind != ledger.Perform {
		return w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
			return ledger.Carry(ctx, tx, w.plan, t)
		})
	}
	claim := t.Claim
	if claim == nil {
		w.must(func(ctx context.Context, tx *ledger.Tx) (o ledger.Outcome, err error) {
			claim, o, err = ledger.Begin(ctx, tx, w.plan, t)
			return o, err
		})
	}
	if claim == nil || claim.Over {
		return ledger.Outcome{Stale: true}
	}
	w.began[t.Path]++
	move := ledger.Move{End: true, Output: json.RawMessage(fmt.Sprintf(`{"step": %q}`, t.Path))}
	if w.perform != nil {
		move = w.perform(t, claim.Config)
	}
	return w.record(t, move)
}

func (w *world) record(t ledger.Task, m ledger.Move) ledger.Outcome {
	w.t.Helper()
	return w.must(func(ctx context.Context, tx *ledger.Tx) (ledger.Outcome, error) {
		return ledger.Record(ctx, tx, w.plan, t, m)
	})
}

// fire lets the time of all delayed tasks of a kind come.
func (w *world) fire(kind ledger.Kind) {
	w.t.Helper()
	rest := []ledger.Task{}
	found := false
	for _, t := range w.delayed {
		if t.Kind == kind {
			t.Claim, found = nil, true
			w.ready = append(w.ready, t)
		} else {
			rest = append(rest, t)
		}
	}
	if !found {
		w.t.Fatalf("no task of kind %s is delayed: %+v", kind, w.delayed)
	}
	w.delayed = rest
	w.work()
}

func (w *world) in(fn func(tx pgx.Tx) error) {
	w.t.Helper()
	if err := database.InWorkspace(w.t.Context(), w.pool, w.workspace, fn); err != nil {
		w.t.Fatal(err)
	}
}

// get reads one value.
func get[T any](w *world, sql string, arguments ...any) T {
	w.t.Helper()
	var value T
	w.in(func(tx pgx.Tx) error { return tx.QueryRow(w.t.Context(), sql, arguments...).Scan(&value) })
	return value
}

func (w *world) status() string {
	return get[string](w, `SELECT status FROM runs WHERE id = $1`, w.run)
}

func (w *world) outputs() string {
	return get[string](w, `SELECT coalesce(outputs::text, '') FROM runs WHERE id = $1`, w.run)
}

func (w *world) failure() node.Failure {
	return get[node.Failure](w, `SELECT coalesce(failure, '{}') FROM runs WHERE id = $1`, w.run)
}

// steps is "path=status" of all steps, in the order of their start.
func (w *world) steps() string {
	w.t.Helper()
	return get[string](w, `SELECT coalesce(string_agg(path || '=' || status, ' ' ORDER BY position), '') FROM steps WHERE run_id = $1`, w.run)
}

func (w *world) output(path string) string {
	return get[string](w, `SELECT coalesce(output::text, '') FROM steps WHERE run_id = $1 AND path = $2`, w.run, path)
}

// events are the run's, "type" or "type:step". They must have no gap.
func (w *world) events() []string {
	w.t.Helper()
	var found []string
	w.in(func(tx pgx.Tx) error {
		rows, err := tx.Query(w.t.Context(), `SELECT seq, type, step FROM events WHERE run_id = $1 ORDER BY seq`, w.run)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var seq int
			var kind, step string
			if err := rows.Scan(&seq, &kind, &step); err != nil {
				return err
			}
			if step != "" {
				kind += ":" + step
			}
			if found = append(found, kind); seq != len(found) {
				w.t.Errorf("event %d has the number %d", len(found), seq)
			}
		}
		return rows.Err()
	})
	if last := get[int](w, `SELECT last_seq FROM runs WHERE id = $1`, w.run); last != len(found) {
		w.t.Errorf("last_seq is %d, there are %d events", last, len(found))
	}
	return found
}

// expect checks the run's end and its log, and that nothing of it is left over.
func (w *world) expect(status string, events ...string) {
	w.t.Helper()
	if got := w.status(); got != status {
		w.t.Errorf("the run is %s, want %s; failure %+v; steps %s", got, status, w.failure(), w.steps())
	}
	got := w.events()
	if len(events) > 0 && !slices.Equal(got, events) {
		w.t.Errorf("events\n %s\nwant\n %s", strings.Join(got, " "), strings.Join(events, " "))
	}
	if !ledger.Status(status).Ended() {
		return
	}
	if got[len(got)-1] != "done" {
		w.t.Errorf("the last event is %s", got[len(got)-1])
	}
	live := get[int](w, `SELECT (SELECT count(*) FROM steps WHERE run_id = $1 AND status IN ('running', 'waiting')) +
  (SELECT count(*) FROM scopes WHERE run_id = $1 AND status = 'running') + (SELECT count(*) FROM approvals WHERE run_id = $1 AND status = 'pending')`, w.run)
	if live != 0 {
		w.t.Errorf("%d steps, scopes and approvals of an ended run have not ended: %s", live, w.steps())
	}
}
