package durable_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
)

const workflowID = "wfl_00000000000000000000000000"

// script is a program that makes as many calls one after the other, and as many of them at once, as its config's query says; also whether
// it tells of each move.
type script struct{}

type scriptConfig struct {
	Method string
	Query  struct{ Moves, Width, Model string }
}

func (s script) Next(config json.RawMessage, results []node.CallResult) node.Move {
	move := s.move(config, results)
	if bytes.Contains(config, []byte(`"tell"`)) {
		move.Events = []node.CallEvent{{Type: "log", Data: json.RawMessage(fmt.Sprintf(`{"level": "info", "message": "%d made"}`, len(results)))}}
	}
	return move
}

func (script) move(config json.RawMessage, results []node.CallResult) node.Move {
	var c scriptConfig
	if err := json.Unmarshal(config, &c); err != nil {
		return node.Move{Failure: node.Fail(node.CodeInvalidInput, "%v", err)}
	}
	for _, r := range results {
		if r.Failure != nil {
			return node.Move{Failure: r.Failure}
		}
	}
	moves, width := number(c.Query.Moves), number(c.Query.Width)
	if len(results) == moves*width {
		return node.Move{Output: results[len(results)-1].Response}
	}
	move := node.Move{}
	for i := range width {
		call := node.Call{Number: len(results) + i + 1, Kind: node.ToolCall, Name: "http", Idempotent: c.Method == http.MethodGet, Request: config}
		if c.Query.Model != "" {
			call.Kind, call.Name, call.Reserve = node.ModelCall, c.Query.Model, node.Usage{OutputTokens: 10}
		}
		move.Calls = append(move.Calls, call)
	}
	return move
}

func number(text string) int {
	n := 1
	_, _ = fmt.Sscan(text, &n)
	return n
}

// calls is a performer that counts, and does what the test says.
type calls struct {
	mu   sync.Mutex
	made map[string]int
	do   func(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) node.CallResult
}

func (c *calls) Perform(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) node.CallResult {
	c.mu.Lock()
	if c.made == nil {
		c.made = map[string]int{}
	}
	c.made[id.String()]++
	c.mu.Unlock()
	if c.do != nil {
		return c.do(ctx, id, call, emit)
	}
	return succeeded(call)
}

func (c *calls) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, times := range c.made {
		n += times
	}
	return n
}

func succeeded(call node.Call) node.CallResult {
	return node.CallResult{Status: node.Succeeded, Response: json.RawMessage(fmt.Sprintf(`{"call": %d}`, call.Number))}
}

// system is a database with engines on it.
type system struct {
	t         *testing.T
	pool      *pgxpool.Pool
	workspace string
	graph     *graph.Graph
}

func newSystem(t *testing.T, text string) *system {
	t.Helper()
	pool := databasetest.Open(t)
	s := &system{t: t, pool: pool, workspace: databasetest.Workspace(t, pool)}
	s.graph = compiled(t, text)
	return s
}

func compiled(t testing.TB, text string) *graph.Graph {
	t.Helper()
	d, problems := document.Decode([]byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	g, problems := graph.Compile(d, graph.Catalog{Types: graph.DefaultTypes(), Providers: map[string]string{"openai": ""}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return g
}

func flow(nodes, edges string, more ...string) string {
	rest := strings.Join(append([]string{""}, more...), ",")
	return `{"schema": "agentteam/v1", "name": "Test", "nodes": [` + nodes + `], "edges": [` + edges + `]` + rest + `}`
}

func httpNode(name, method, query string, more ...string) string {
	rest := strings.Join(append([]string{""}, more...), ",")
	return fmt.Sprintf(`{"id": %q, "type": "http", "config": {"method": %q, "url": "https://example.com", "query": {%s}}%s}`, name, method, query, rest)
}

func (s *system) engine(performer node.Performer, concurrency int, oneCall ...string) *durable.Engine {
	s.t.Helper()
	e, err := durable.New(s.t.Context(), durable.Options{
		Pool: s.pool, Programs: map[string]node.Program{"http": script{}}, Performer: performer, Concurrency: concurrency, OneCall: oneCall,
		Graphs: func(_ context.Context, workspace, workflow string, version int) (*graph.Graph, error) {
			if workspace != s.workspace || workflow != workflowID || version != 1 {
				return nil, fmt.Errorf("workflow %s: %w", workflow, ledger.ErrNotFound)
			}
			return s.graph, nil
		},
		Log: s.log(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := e.Close(context.WithoutCancel(s.t.Context())); err != nil {
			s.t.Error(err)
		}
	})
	return e
}

func (s *system) log() *slog.Logger {
	level := slog.LevelWarn
	if testing.Verbose() {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: level}))
}

func (s *system) caller() identity.Caller {
	return identity.Caller{Workspace: s.workspace, Subject: "u1", Kind: identity.KindUser, Role: identity.Editor}
}

func (s *system) start(e *durable.Engine) string {
	s.t.Helper()
	run, err := e.Start(s.t.Context(), s.caller(), durable.StartRun{WorkflowID: workflowID, Version: 1, Inputs: json.RawMessage(`{}`)})
	if err != nil {
		s.t.Fatal(err)
	}
	return run
}

func get[T any](s *system, sql string, arguments ...any) T {
	s.t.Helper()
	var value T
	err := database.InWorkspace(s.t.Context(), s.pool, s.workspace, func(tx pgx.Tx) error { return tx.QueryRow(s.t.Context(), sql, arguments...).Scan(&value) })
	if err != nil {
		s.t.Fatal(err)
	}
	return value
}

// await waits for a run's end and checks that its log has no gap.
func (s *system) await(run, status string, limit time.Duration) {
	s.t.Helper()
	deadline := time.Now().Add(limit)
	var got string
	for time.Now().Before(deadline) {
		if got = get[string](s, `SELECT status FROM runs WHERE id = $1`, run); got == status || ledger.Status(got).Ended() {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got != status {
		s.t.Fatalf("run %s is %s, want %s; %s %s", run, got, status, get[string](s, `SELECT coalesce(failure::text, '') FROM runs WHERE id = $1`, run),
			get[string](s, `SELECT coalesce(string_agg(path || '=' || status, ' '), '') FROM steps WHERE run_id = $1`, run))
	}
	if !get[bool](s, `SELECT count(*) = max(seq) AND max(seq) = (SELECT last_seq FROM runs WHERE id = $1) FROM events WHERE run_id = $1`, run) {
		s.t.Errorf("the log of run %s has gaps", run)
	}
}

func TestARunIsCarriedOut(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", `"moves": "2", "width": "3"`)+`,`+httpNode("b", "GET", ``)+`,`+httpNode("c", "GET", ``),
		`{"from": "a", "to": "b"}, {"from": "a", "to": "c"}`, `"outputs": {"a": "${{ nodes.a.output.call }}"}`))
	performer := &calls{}
	e := s.engine(performer, 0)
	run := s.start(e)
	s.await(run, "completed", 5*time.Second)
	if got := get[string](s, `SELECT outputs::text FROM runs WHERE id = $1`, run); got != `{"a":6}` {
		t.Errorf("outputs %s", got)
	}
	if got := performer.total(); got != 8 {
		t.Errorf("%d calls, want 8", got)
	}
	if got := get[int](s, `SELECT count(*) FROM calls WHERE run_id = $1 AND status = 'succeeded'`, run); got != 8 {
		t.Errorf("%d calls are recorded, want 8", got)
	}
	again, err := e.Start(t.Context(), s.caller(), durable.StartRun{ID: run, WorkflowID: workflowID, Version: 1, Inputs: json.RawMessage(`{}`)})
	if err != nil || again != run {
		t.Errorf("the same run again: %q, %v", again, err)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``, `"inputs": {"type": "object", "required": ["n"]}`))
	e := s.engine(&calls{}, 0)
	var refused *ledger.Invalid
	if _, err := e.Start(t.Context(), s.caller(), durable.StartRun{WorkflowID: workflowID, Version: 1, Inputs: json.RawMessage(`{}`)}); !errors.As(err, &refused) {
		t.Errorf("wrong inputs: %v", err)
	}
	if _, err := e.Start(t.Context(), s.caller(), durable.StartRun{ID: "x", WorkflowID: workflowID, Version: 1}); !errors.As(err, &refused) {
		t.Errorf("a wrong id: %v", err)
	}
	if _, err := e.Start(t.Context(), s.caller(), durable.StartRun{WorkflowID: workflowID, Version: 2}); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("no such version: %v", err)
	}
	for name, err := range map[string]error{
		"cancel": e.Cancel(t.Context(), s.caller(), id.New(id.Run), ""),
		"retry":  e.Retry(t.Context(), s.caller(), id.New(id.Run), ""),
		"decide": e.Decide(t.Context(), s.caller(), id.New(id.Approval), durable.Decision{}),
	} {
		if !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s what is not there: %v", name, err)
		}
	}
}

func TestMoreRunsThanRoom(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``)+`,`+httpNode("b", "GET", ``)+`,`+httpNode("c", "GET", ``), `{"from": "a", "to": "b"}, {"from": "a", "to": "c"}`))
	var now, most atomic.Int64
	performer := &calls{do: func(_ context.Context, _ node.CallID, call node.Call, _ func(node.Event)) node.CallResult {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old; old = most.Load() {
			most.CompareAndSwap(old, n)
		}
		time.Sleep(5 * time.Millisecond)
		return succeeded(call)
	}}
	e := s.engine(performer, 4)
	runs := make([]string, 40)
	var wg sync.WaitGroup
	for i := range runs {
		wg.Go(func() { runs[i] = s.start(e) })
	}
	wg.Wait()
	for _, run := range runs {
		s.await(run, "completed", 20*time.Second)
	}
	if got := performer.total(); got != 120 {
		t.Errorf("%d calls, want 120", got)
	}
	if most.Load() > 12 {
		t.Errorf("%d calls at once with a concurrency of 4", most.Load())
	}
}

// blocked answers only when its context ends, and tells that it was asked.
func blocked(asked chan<- node.CallID) func(context.Context, node.CallID, node.Call, func(node.Event)) node.CallResult {
	return func(ctx context.Context, call node.CallID, _ node.Call, _ func(node.Event)) node.CallResult {
		asked <- call
		<-ctx.Done()
		return node.CallResult{Status: node.Failed, Failure: node.Fail(node.CodeConnection, "cut: %v", context.Cause(ctx))}
	}
}

func TestCancelCutsCalls(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``))
	asked := make(chan node.CallID, 1)
	first, second := s.engine(&calls{do: blocked(asked)}, 0), s.engine(&calls{}, 0)
	for name, by := range map[string]*durable.Engine{"the same process": first, "another process": second} {
		run := s.start(first)
		<-asked
		if err := by.Cancel(t.Context(), s.caller(), run, "enough"); err != nil {
			t.Fatal(name, err)
		}
		s.await(run, "canceled", time.Second)
		deadline := time.Now().Add(3 * time.Second)
		for get[int](s, `SELECT count(*) FROM calls WHERE run_id = $1 AND ended_at IS NOT NULL`, run) == 0 {
			if time.Now().After(deadline) {
				t.Fatalf("%s: the call goes on", name)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func TestAPanicFailsItsStep(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``))
	e := s.engine(&calls{do: func(context.Context, node.CallID, node.Call, func(node.Event)) node.CallResult {
		panic("a detail for the log")
	}}, 0)
	run := s.start(e)
	s.await(run, "failed", 5*time.Second)
	if got := get[string](s, `SELECT failure::text FROM runs WHERE id = $1`, run); !strings.Contains(got, `"internal"`) || strings.Contains(got, "detail") {
		t.Errorf("failure %s", got)
	}
}

func TestApprovalsAndRetriesGoThroughTheQueue(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``, `"retry": {"max_attempts": 2, "initial": "100ms"}`)+`,{"id": "ok", "type": "approval", "config": {"title": "Go on?"}},`+httpNode("b", "GET", ``),
		`{"from": "a", "to": "ok"}, {"from": "ok.approved", "to": "b"}`))
	performer := &calls{}
	performer.do = func(_ context.Context, call node.CallID, c node.Call, _ func(node.Event)) node.CallResult {
		if call.Step == "a" && call.Attempt == 1 {
			return node.CallResult{Status: node.Failed, Failure: node.Fail(node.CodeConnection, "no answer")}
		}
		return succeeded(c)
	}
	e := s.engine(performer, 0)
	run := s.start(e)
	s.await(run, "paused", 10*time.Second)
	approval, digest := get[string](s, `SELECT id FROM approvals WHERE run_id = $1`, run), get[string](s, `SELECT digest FROM approvals WHERE run_id = $1`, run)
	if err := e.Decide(t.Context(), s.caller(), approval, durable.Decision{Digest: "other", Status: "approved"}); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("another digest: %v", err)
	}
	for range 2 { // the same again has no effect
		if err := e.Decide(t.Context(), s.caller(), approval, durable.Decision{Digest: digest, Status: "approved", Comment: "fine"}); err != nil {
			t.Fatal(err)
		}
	}
	s.await(run, "completed", 5*time.Second)
	fork, err := e.Fork(t.Context(), s.caller(), run, ledger.Choice{From: "b"}, "")
	if err != nil {
		t.Fatal(err)
	}
	s.await(fork, "completed", 5*time.Second)
	if got := performer.total(); got != 4 {
		t.Errorf("%d calls, want 2 of a, 1 of b, 1 of the fork's b", got)
	}
}
