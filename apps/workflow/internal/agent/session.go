package agent

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Session is one step's agents at work: what they share. It is rebuilt from the results at every move, round by round: a
// round is the calls that all of them want at the same time.
type Session struct {
	prices *model.Prices
	limits Limits
	turns  int              // of all agents
	events []node.CallEvent // of the round
}

// Limits bound all agents of a step together; 0 is no bound.
type Limits struct {
	Turns   int // answers of models
	Repeats int // the same tool call, with the same arguments, of one agent
}

// NewSession begins at the step's beginning. The prices are for what its calls reserve.
func NewSession(prices *model.Prices, limits Limits) *Session {
	return &Session{prices: prices, limits: limits}
}

// Wish is a call that an agent wants made, and who is told what it gave.
type Wish struct {
	Call node.Call // without its number
	Tell func(node.CallResult)
}

// Worker works by calls: an agent, or a team.
type Worker interface {
	// Wishes are the calls that may be made now. Without any it has come to its end.
	Wishes() []Wish
	// Output is what it gives then.
	Output() (json.RawMessage, *node.Failure)
}

// Play replays a worker over the results, and says what it lacks.
func (s *Session) Play(w Worker, results []node.CallResult) node.Move {
	known := make(map[int]node.CallResult, len(results))
	for _, result := range results {
		known[result.Number] = result
	}
	number := 0
	for {
		wishes := w.Wishes()
		if len(wishes) == 0 {
			output, failure := w.Output()
			return node.Move{Output: output, Failure: failure, Events: s.events}
		}
		var missing []node.Call
		for i := range wishes {
			number++
			wishes[i].Call.Number = number
			if _, ok := known[number]; !ok {
				missing = append(missing, wishes[i].Call)
			}
		}
		if len(missing) > 0 {
			return node.Move{Calls: missing, Events: s.events}
		}
		s.events = nil // they were told in the round that is over
		for _, wish := range wishes {
			wish.Tell(known[wish.Call.Number])
		}
	}
}

// Log appends to the run's log, once.
func (s *Session) Log(kind string, data any) { s.events = append(s.events, encoded(kind, data)...) }

// Turns is how often models have answered.
func (s *Session) Turns() int { return s.turns }
