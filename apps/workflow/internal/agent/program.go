package agent

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// maxTurns bounds an agent node with all the agents that are its tools, and theirs.
const maxTurns = 1000

// Program is an agent node: one agent, which may have others as tools.
type Program struct{ prices *model.Prices }

// New makes the program; the prices are for what its calls reserve.
func New(prices *model.Prices) Program { return Program{prices: prices} }

// Next replays the conversation over the results, and says what it lacks.
func (p Program) Next(raw json.RawMessage, results []node.CallResult) node.Move {
	c, failure := ReadConfig(raw)
	if failure != nil {
		return node.Move{Failure: failure}
	}
	session := NewSession(p.prices, Limits{Turns: maxTurns})
	conversation, failure := session.Begin(c)
	if failure != nil {
		return node.Move{Failure: failure}
	}
	move := session.Play(conversation, results)
	move.Said = conversation.exchange()
	return move
}
