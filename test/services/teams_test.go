//go:build live

package services_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// TestTeamsOfAgents runs each type of team with a published agent among its members, through the simulated models.
func TestTeamsOfAgents(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	member := hire(t, c, `{"name": "Helper", "description": "helps", "provider": "anthropic", "model": "claude-sonnet-5-5"}`)
	members := fmt.Sprintf(`"members": [{"name": "a", "agent": %q, "version": 1}, {"name": "b", "provider": "openai", "model": "gpt-5-mini"}]`, member)
	leader := `{"provider": "openai", "model": "gpt-5-mini"}`
	for kind, test := range map[string]struct {
		more string
		who  []string // in the order of their ends
	}{
		"supervisor":      {`, "supervisor": ` + leader, []string{"a", "b", "supervisor"}},
		"handoff":         {`, "handoffs": {"b": ["a"]}, "start": "b"`, []string{"b", "a"}},
		"parallel_agents": {`, "judge": ` + leader, []string{"a", "b", "judge"}},
		"plan_execute":    {`, "max_plans": 2, "planner": ` + leader, nil},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			workflow := publish(t, c, fmt.Sprintf(`{"schema": "agentteam/v1", "name": "Team %[1]s", "outputs": {"text": "${{ nodes.t.output.text }}"},
				"nodes": [{"id": "t", "type": %[1]q, "config": {"prompt": "Help.", %[2]s%[3]s}}], "edges": []}`, kind, members, test.more))
			run := start(t, c, workflow, `{}`)
			events := follow(t, c, run, nil)
			got, err := c.Run(t.Context(), run)
			if err != nil {
				t.Fatal(err)
			}
			if kind == "plan_execute" { // the simulation plans for ever
				if got.Status != "failed" || got.Failure.Code != "max_turns" {
					t.Errorf("the run is %+v", got)
				}
				return
			}
			if who := ended(t, events); got.Status != "completed" || fmt.Sprint(who) != fmt.Sprint(test.who) {
				t.Errorf("the run is %+v, and these have ended: %v", got, who)
			}
			named(t, events)
		})
	}
}

// ended are the agents that came to an end, in that order.
func ended(t *testing.T, events []api.Event) (who []string) {
	t.Helper()
	for _, e := range events {
		var data struct{ Agent, Status string }
		if e.Type != "agent.completed" {
			continue
		}
		if err := json.Unmarshal(e.Data, &data); err != nil || data.Status != "succeeded" {
			t.Errorf("an agent ended with %s, %v", e.Data, err)
		}
		who = append(who, data.Agent)
	}
	return who
}

// named demands that every message of a team says whose it is.
func named(t *testing.T, events []api.Event) {
	t.Helper()
	for _, e := range events {
		var data struct{ Agent string }
		switch e.Type {
		case "message.started", "message.delta", "message.completed", "tool.call", "tool.result", "agent.started":
			if err := json.Unmarshal(e.Data, &data); err != nil || data.Agent == "" {
				t.Errorf("%s names no agent: %s", e.Type, e.Data)
			}
		}
	}
}
