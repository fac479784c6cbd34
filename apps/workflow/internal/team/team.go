// Package team is the types of nodes in which several agents work together: supervisor, handoff, parallel_agents and
// plan_execute. As for one agent, what a team does next follows from its config and the results so far alone.
package team

import (
	"encoding/json"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/agent"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// config is that of a team of any type, resolved.
type config struct {
	Prompt        json.RawMessage     `json:"prompt"`
	Members       []json.RawMessage   `json:"members"`
	Supervisor    json.RawMessage     `json:"supervisor"`
	Judge         json.RawMessage     `json:"judge"`
	Planner       json.RawMessage     `json:"planner"`
	Start         string              `json:"start"`
	Handoffs      map[string][]string `json:"handoffs"`
	MaxHandoffs   int                 `json:"max_handoffs"`
	MaxPlans      int                 `json:"max_plans"`
	MaxTotalTurns int                 `json:"max_total_turns"`
	MaxRepeats    int                 `json:"max_repeats"`
	members       []agent.Config      // as they were read
}

// begin starts a team of one type.
type begin func(*agent.Session, config) (agent.Worker, *node.Failure)

// Programs are the types of teams by name; the prices are for what their calls reserve.
func Programs(prices *model.Prices) map[string]node.Program {
	return map[string]node.Program{
		"supervisor": program{prices, beginSupervisor}, "handoff": program{prices, beginHandoff},
		"parallel_agents": program{prices, beginParallel}, "plan_execute": program{prices, beginPlan},
	}
}

type program struct {
	prices *model.Prices
	begin  begin
}

// Next replays the team's work over the results, and says what it lacks.
func (p program) Next(raw json.RawMessage, results []node.CallResult) node.Move {
	c := config{MaxHandoffs: 10, MaxPlans: 5, MaxTotalTurns: 100, MaxRepeats: 3}
	if err := json.Unmarshal(raw, &c); err != nil || len(c.Members) == 0 {
		return node.Move{Failure: invalid("the config of a team cannot be read: %d members, %v", len(c.Members), err)}
	}
	for _, member := range c.Members {
		read, failure := agent.ReadConfig(member)
		if failure != nil {
			return node.Move{Failure: failure}
		}
		c.members = append(c.members, read)
	}
	session := agent.NewSession(p.prices, agent.Limits{Turns: c.MaxTotalTurns, Repeats: c.MaxRepeats})
	worker, failure := p.begin(session, c)
	if failure != nil {
		return node.Move{Failure: failure}
	}
	return session.Play(worker, results)
}

// lead reads the agent that leads, and gives it its name in the log and what it begins with.
func lead(raw json.RawMessage, name string, prompt json.RawMessage) (agent.Config, *node.Failure) {
	c, failure := agent.ReadConfig(raw)
	c.Name, c.Prompt = name, prompt
	return c, failure
}

// fatal failures of one agent end the team: nobody's work could be paid, or a person has to look first.
func fatal(end *agent.End) bool {
	return end != nil && agent.Fatal(end.Failure)
}

// words are a text as JSON.
func words(format string, arguments ...any) json.RawMessage {
	text, _ := json.Marshal(fmt.Sprintf(format, arguments...)) //nolint:errchkjson // a string: it cannot fail
	return text
}

func encode(output any) (json.RawMessage, *node.Failure) {
	encoded, err := json.Marshal(output)
	if err != nil {
		return nil, node.Fail(node.CodeInternal, "the output cannot be encoded: %v", err)
	}
	return encoded, nil
}

func invalid(format string, arguments ...any) *node.Failure {
	return &node.Failure{Code: node.CodeInvalidInput, Message: fmt.Sprintf(format, arguments...), Final: true}
}
