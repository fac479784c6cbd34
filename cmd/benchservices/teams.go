package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentteam/agentteam/internal/devstack/api"
	"github.com/agentteam/agentteam/internal/modelsim"
)

// The team that is measured: a supervisor, members, and function tools that they call.
const (
	teamMembers   = 5
	callsOfMember = 20
)

// benchTeams measures what the engine adds to the calls of a team, and how late its events reach a reader: members one after the
// other, and all at the same time.
func benchTeams(ctx context.Context, w *world, o options) error {
	t := newTable("a supervisor, %d members and %d tool calls, followed over HTTP; medians of %d runs each", teamMembers, teamMembers*callsOfMember, o.rounds)
	for _, c := range []struct{ name, prompt string }{{"one after the other", "in turn"}, {"at the same time", "at once"}} {
		workflow, err := w.engine.publish(ctx, teamDocument(c.prompt))
		if err != nil {
			return err
		}
		var overheads, lags []float64
		for range o.rounds {
			made, err := w.teamRun(ctx, workflow)
			if err != nil {
				return err
			}
			overheads, lags = append(overheads, made.overhead), append(lags, made.lag)
		}
		t.value(c.name+", beyond the model server's time, a call", "ms", median(overheads), "≤ 15")
		t.value(c.name+", events' lag, p99", "ms", median(lags), "≤ 200")
	}
	return t.print()
}

// teamRun is what one run showed, in milliseconds.
type teamRun struct{ overhead, lag float64 }

func (w *world) teamRun(ctx context.Context, workflow string) (made teamRun, err error) {
	busy := w.models.busy()
	began := time.Now()
	run, err := w.engine.start(ctx, workflow, "{}")
	if err != nil {
		return made, err
	}
	var lags []time.Duration
	client := api.New(w.stack.Gateway, w.key)
	if err := client.Follow(ctx, run, func(e api.Event) error {
		lags = append(lags, time.Since(e.Time))
		return nil
	}); err != nil {
		return made, err
	}
	beyond := time.Since(began) - (w.models.busy() - busy)
	ended, err := client.Run(ctx, run)
	if err != nil {
		return made, err
	}
	calls := ended.Usage.ModelCalls + ended.Usage.ToolCalls
	if ended.Status != "completed" || ended.Usage.ToolCalls != teamMembers*callsOfMember {
		return made, fmt.Errorf("the team's run %s is %s after %d tool calls: %+v", run, ended.Status, ended.Usage.ToolCalls, ended.Failure)
	}
	return teamRun{milliseconds(beyond) / float64(calls), milliseconds(quantile(lags, 0.99))}, nil
}

// teamDocument is a team that works in turn or at once, as its script says.
func teamDocument(how string) map[string]any {
	agent := map[string]any{"provider": "openai", "model": "gpt-5-mini", "max_turns": callsOfMember + 1}
	members := make([]any, 0, teamMembers)
	for i := range teamMembers {
		members = append(members, map[string]any{
			"name": member(i), "provider": "openai", "model": "gpt-5-mini", "max_turns": callsOfMember + 1,
			"tools": []any{map[string]any{
				"type": "function", "name": "double", "value": "${{ args.n * 2 }}",
				"parameters": map[string]any{"type": "object", "properties": map[string]any{"n": map[string]any{"type": "integer"}}, "required": []string{"n"}},
			}},
		})
	}
	return document("team, "+how, []any{map[string]any{"id": "team", "type": "supervisor", "config": map[string]any{
		"prompt": how, "supervisor": agent, "members": members, "max_total_turns": 1000,
	}}}, nil)
}

func member(i int) string { return fmt.Sprintf("member_%d", i) }

// teamScript lets members call their tool again and again, each time with another argument.
func teamScript() modelsim.Script {
	var rules []modelsim.Rule
	rule := func(user string, results int, reply modelsim.Reply) {
		rules = append(rules, modelsim.Rule{Match: modelsim.Match{User: user, ToolResults: &results}, Reply: reply})
	}
	call := func(name, arguments string) modelsim.ToolCall {
		return modelsim.ToolCall{Name: name, Arguments: json.RawMessage(arguments)}
	}
	all := make([]modelsim.ToolCall, 0, teamMembers)
	for i := range teamMembers {
		one := call(member(i), `{"task": "double"}`)
		all = append(all, one)
		rule("in turn", i, modelsim.Reply{ToolCalls: []modelsim.ToolCall{one}})
	}
	rule("in turn", teamMembers, modelsim.Reply{Text: "All have answered."})
	rule("at once", 0, modelsim.Reply{ToolCalls: all})
	rule("at once", teamMembers, modelsim.Reply{Text: "All have answered."})
	for n := range callsOfMember {
		rule("double", n, modelsim.Reply{ToolCalls: []modelsim.ToolCall{call("double", fmt.Sprintf(`{"n": %d}`, n))}})
	}
	rule("double", callsOfMember, modelsim.Reply{Text: "Everything is doubled."})
	return modelsim.Script{Rules: rules}
}
