package durable_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	types "github.com/agentteam/agentteam/apps/workflow/internal/calls" // calls are a test's own here
	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/modelsim"
)

const team = `{"id": "team", "type": "supervisor", "config": {"prompt": "lead", "supervisor": {"provider": "openai", "model": "m"}, "members": [
	{"name": "a", "provider": "openai", "model": "m", "tools": [{"type": "function", "name": "one", "value": 1}]}, {"name": "b", "provider": "openai", "model": "m"}]}}`

// teamModels is a provider that answers as the team of the test wants.
func teamModels(t *testing.T) node.Performer {
	t.Helper()
	rule := func(user string, results int, reply modelsim.Reply) modelsim.Rule {
		return modelsim.Rule{Match: modelsim.Match{User: user, ToolResults: &results}, Reply: reply}
	}
	call := func(name, arguments string) modelsim.ToolCall {
		return modelsim.ToolCall{Name: name, Arguments: json.RawMessage(arguments)}
	}
	sim := modelsim.New(modelsim.Script{Rules: []modelsim.Rule{
		rule("lead", 0, modelsim.Reply{ToolCalls: []modelsim.ToolCall{call("a", `{"task": "first"}`), call("b", `{"task": "second"}`)}}),
		rule("lead", 2, modelsim.Reply{Text: "both"}),
		rule("first", 0, modelsim.Reply{ToolCalls: []modelsim.ToolCall{call("one", `{}`)}}),
		rule("first", 1, modelsim.Reply{Text: "one is 1"}),
		rule("second", 0, modelsim.Reply{Text: "two"}),
	}})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	prices, err := model.LoadPrices()
	if err != nil {
		t.Fatal(err)
	}
	accounts := map[string]model.Account{model.OpenAI: {Provider: model.NewOpenAI("k", server.URL+"/v1"), Key: "k"}}
	return types.NewPerformer(model.NewModels(accounts, prices, time.Millisecond), http.DefaultClient, nil, nil, nil)
}

// staff is an engine that runs real teams.
func (s *system) staff(performer node.Performer) *durable.Engine {
	s.t.Helper()
	prices, err := model.LoadPrices()
	if err != nil {
		s.t.Fatal(err)
	}
	e, err := durable.New(s.t.Context(), durable.Options{
		Pool: s.pool, Programs: types.Programs(prices), Performer: performer,
		Graphs: func(context.Context, string, string, int) (*graph.Graph, error) { return s.graph, nil },
		Log:    slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
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

// TestATeamIsTakenOver stops a process in the middle of a round: the other one makes the call that was cut, and none that had its result.
func TestATeamIsTakenOver(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(team, ``, `"outputs": {"text": "${{ nodes.team.output.text }}", "turns": "${{ nodes.team.output.turns }}"}`))
	models := teamModels(t)
	asked, letGo := make(chan node.CallID, 10), make(chan struct{})
	release := sync.OnceFunc(func() { close(letGo) })
	t.Cleanup(release)
	block := stuck(asked, letGo)
	gone := &calls{do: func(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) node.CallResult {
		if call.Number == 3 { // b's, beside a's
			return block(ctx, id, call, emit)
		}
		return models.Perform(ctx, id, call, emit)
	}}
	first := s.staff(gone)
	run := s.start(first)
	<-asked
	for gone.total() < 3 {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // a's answer is recorded
	other := &calls{do: models.Perform}
	s.staff(other)
	first.Freeze()
	s.await(run, "completed", stall)
	if got := get[string](s, `SELECT outputs::text FROM runs WHERE id = $1`, run); got != `{"text":"both","turns":5}` {
		t.Errorf("outputs %s", got)
	}
	if other.total() != 4 { // b's, a's tool, a's second, the supervisor's second
		t.Errorf("the other process made %d calls: %v", other.total(), other.made)
	}
	log := get[string](s, `SELECT string_agg(concat_ws(' ', type, data->>'agent'), ', ' ORDER BY seq) FROM events
		WHERE run_id = $1 AND type IN ('agent.started', 'agent.completed', 'message.completed', 'tool.call')`, run)
	want := []string{"agent.started supervisor", "message.completed supervisor", "agent.started a", "agent.started b", "message.completed a", "message.completed b",
		"agent.completed b", "tool.call a", "message.completed a", "agent.completed a", "message.completed supervisor", "agent.completed supervisor"}
	if log != strings.Join(want, ", ") {
		t.Errorf("the log is\n%s, want\n%s", log, strings.Join(want, ", "))
	}
}
