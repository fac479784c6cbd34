package team

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/agent"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// supervisor is an agent that has the others as tools. Those that it calls in one answer work at the same time.
type supervisor struct {
	*agent.Conversation
	session *agent.Session
}

func beginSupervisor(s *agent.Session, c config) (agent.Worker, *node.Failure) {
	leader, failure := lead(c.Supervisor, "supervisor", c.Prompt)
	if failure != nil {
		return nil, failure
	}
	for i, member := range c.members {
		leader.Tools = append(leader.Tools, agent.Tool{Type: "agent", Name: member.Name, Description: member.Description, Definition: c.Members[i]})
	}
	conversation, failure := s.Begin(leader)
	return &supervisor{conversation, s}, failure
}

// answer is what a team gives that ends with the answer of one agent.
type answer struct {
	Text  string          `json:"text"`
	Data  json.RawMessage `json:"data"`            // null without an output_schema of that agent
	Agent string          `json:"agent,omitempty"` // who answered
	Turns int             `json:"turns"`           // of all agents
}

// Output is the supervisor's answer.
func (w *supervisor) Output() (json.RawMessage, *node.Failure) {
	end := w.End()
	if end.Failure != nil {
		return nil, end.Failure
	}
	return encode(answer{Text: end.Text, Data: end.Data, Turns: w.session.Turns()})
}
