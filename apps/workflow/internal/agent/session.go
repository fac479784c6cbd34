package agent

import (
	"encoding/json"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/schema"
)

// Session is one step's agents at work: what they share. It is rebuilt from the results at every move, round by round: a
// round is the calls that all of them want at the same time.
type Session struct {
	prices *model.Prices
	limits Limits
	turns  int              // of all agents
	events []node.CallEvent // of the round
	// schemas are those of tools' parameters, compiled: agents of a team have the same tools, and call them again and again.
	schemas map[string]*schema.Schema
}

// Limits bound all agents of a step together; 0 is no bound.
type Limits struct {
	Turns   int // answers of models
	Repeats int // the same tool call, with the same arguments, of one agent
}

// NewSession begins at the step's beginning. The prices are for what its calls reserve.
func NewSession(prices *model.Prices, limits Limits) *Session {
	return &Session{prices: prices, limits: limits, schemas: map[string]*schema.Schema{}}
}

// Wish is a call that an agent wants made, and who is told what it gave. It is prepared only if it has to be made: a replay goes
// over hundreds that were.
type Wish struct {
	Prepare func() (node.Call, *node.Failure) // without its number
	Tell    func(node.CallResult)
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
		if missing := lacking(wishes, number, known); len(missing) > 0 {
			return node.Move{Calls: missing, Events: s.events}
		}
		s.events = nil // they were told in the round that is over
		for _, wish := range wishes {
			number++
			wish.Tell(known[number])
		}
	}
}

// lacking prepares the calls of a round that have no result yet. One that cannot be made has its failure for a result.
func lacking(wishes []Wish, number int, known map[int]node.CallResult) (missing []node.Call) {
	for _, wish := range wishes {
		number++
		if _, ok := known[number]; ok {
			continue
		}
		call, failure := wish.Prepare()
		if failure != nil {
			known[number] = node.CallResult{Number: number, Status: node.Failed, Failure: failure}
			continue
		}
		call.Number = number
		missing = append(missing, call)
	}
	return missing
}

// Log appends to the run's log, once.
func (s *Session) Log(kind string, data any) { s.events = append(s.events, encoded(kind, data)...) }

// Turns is how often models have answered.
func (s *Session) Turns() int { return s.turns }
