package durable_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// journal is a quiet process's log, read by its lines' messages, and what Prometheus would scrape of it.
type journal struct {
	mu      sync.Mutex
	text    bytes.Buffer
	metrics http.Handler
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// take gives the lines with a message, and forgets everything.
func (j *journal) take(t *testing.T, message string) (lines []map[string]any) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if fields["msg"] == message {
			lines = append(lines, fields)
		}
	}
	j.text.Reset()
	return lines
}

func (s *system) journaled(performer node.Performer) (*durable.Engine, *journal) {
	s.t.Helper()
	measured, err := telemetry.Start(s.t.Context(), telemetry.Options{Service: "test"})
	if err != nil {
		s.t.Fatal(err)
	}
	measure, err := measured.Engine()
	if err != nil {
		s.t.Fatal(err)
	}
	written := &journal{metrics: measured.MetricsHandler()}
	e, err := durable.New(s.t.Context(), durable.Options{
		Pool: s.pool, Programs: map[string]node.Program{"http": script{}}, Performer: performer, Measure: measure,
		Graphs: func(context.Context, string, string, int) (*graph.Graph, error) { return s.graph, nil },
		Log:    slog.New(slog.NewJSONHandler(io.MultiWriter(written, s.t.Output()), &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := e.Close(context.WithoutCancel(s.t.Context())); err != nil {
			s.t.Error(err)
		}
	})
	return e, written
}

// The counts go over all workspaces, and one process alone gives them: two would scale the engine twice.
func TestOneProcessReportsTheWorkOfAll(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``))
	first, firstLog := s.journaled(&calls{})
	s.await(s.start(first), "completed", 5*time.Second)
	s.put(databasetest.Workspace(t, s.pool), "running", `NULL`)
	s.put(s.workspace, "failed", `now() - interval '1 second'`)
	s.put(s.workspace, "failed", `now() - interval '2 hours'`)
	second, secondLog := s.journaled(&calls{})
	firstLog.take(t, contract.LogWork)
	for _, e := range []*durable.Engine{first, second} {
		if err := durable.Report(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if others := secondLog.take(t, contract.LogWork); len(others) != 0 {
		t.Errorf("the second process reports too: %v", others)
	}
	lines := firstLog.take(t, contract.LogWork)
	if len(lines) != 1 {
		t.Fatalf("the first process wrote %d lines, want 1: %v", len(lines), lines)
	}
	for field, want := range map[string]float64{"engines": 2, "runs_running": 1, "runs_completed": 1, "runs_failed": 1, "runs_paused": 0, "tasks_queued": 0} {
		if lines[0][field] != want {
			t.Errorf("%s is %v, want %v", field, lines[0][field], want)
		}
	}
}

// Another takes over when the first has left.
func TestTheNextProcessReportsWhenTheFirstHasLeft(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``))
	first, _ := s.journaled(&calls{})
	second, written := s.journaled(&calls{})
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := durable.Report(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if lines := written.take(t, contract.LogWork); len(lines) == 0 || lines[len(lines)-1]["engines"] != 1.0 {
		t.Errorf("want a line of one engine, got %v", lines)
	}
}

// What calls cost is published once, also when the process ends before its minute is over.
func TestSpendIsPublishedToTheLastCall(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", `"model": "openai/gpt-5-mini"`), ``))
	priced := &calls{do: func(_ context.Context, _ node.CallID, call node.Call, _ func(node.Event)) node.CallResult {
		result := succeeded(call)
		result.Usage = node.Usage{Cost: 2500, ModelCalls: 1}
		return result
	}}
	e, written := s.journaled(priced)
	s.await(s.start(e), "completed", 5*time.Second)
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var cost, count float64
	for _, line := range written.take(t, contract.LogSpend) {
		cost += line["cost_usd"].(float64)
		count += line["model_calls"].(float64)
	}
	if cost != 0.0025 || count != 1 {
		t.Errorf("published %v USD for %v calls, want 0.0025 for 1", cost, count)
	}
}

// A run counts when it ends, once: one that is canceled again has ended before.
func TestRunsAreCountedByTheirEnd(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``), ``))
	begun := make(chan struct{}, 1)
	hold := &calls{do: func(ctx context.Context, _ node.CallID, call node.Call, _ func(node.Event)) node.CallResult {
		begun <- struct{}{}
		<-ctx.Done()
		return succeeded(call)
	}}
	e, written := s.journaled(hold)
	run := s.start(e)
	<-begun
	for range 2 {
		if err := e.Cancel(t.Context(), s.caller(), run, "enough"); err != nil {
			t.Fatal(err)
		}
	}
	answer := httptest.NewRecorder()
	written.metrics.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	for _, want := range []string{`workflow_runs_total{status="canceled"} 1`, `workflow_run_duration_seconds_count{status="canceled"} 1`} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("/metrics lacks %s:\n%s", want, answer.Body)
		}
	}
}

// put adds a run that nobody carries out.
func (s *system) put(workspace, status, ended string) {
	s.t.Helper()
	err := database.InWorkspace(s.t.Context(), s.pool, workspace, func(tx pgx.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO runs (id, workspace_id, workflow_id, version, status, inputs, created_by, ended_at)
			VALUES (gen_random_uuid()::text, $1, 'w', 1, $2, '{}', '{}', `+ended+`)`, workspace, status)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
