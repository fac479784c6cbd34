package interpreter

import (
	"encoding/json"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Advance says what follows from the results of one scope. Pure nodes are evaluated at once, and whatever
// follows from them too, up to limit actions; 0 is no bound. A failed node that stops its scope decides the
// outcome at once: nothing is started any more, and what still runs is for the engine to cancel. An error
// is a fault of the results' store, never of the document.
func Advance(g *graph.Graph, v Variables, r Results, limit int) (Decision, error) {
	a := newAdvance(g, v, r)
	for _, n := range g.Order {
		a.recorded(n)
	}
	if a.over {
		return a.stopped(), nil
	}
	for _, n := range g.Order {
		if a.states[n.Position].Status != "" || !a.due(n) {
			continue
		}
		if limit > 0 && len(a.decision.Actions) >= limit {
			a.decision.More = true
			return a.decision, nil
		}
		if err := a.advance(n); err != nil {
			return Decision{}, err
		}
		if a.over {
			return a.stopped(), nil
		}
	}
	return a.finished()
}

// advance is one computation of what follows.
type advance struct {
	graph    *graph.Graph
	values   *values
	states   []Result // by the nodes' positions; those decided now included
	active   int      // running or waiting
	ended    int
	decision Decision
	over     bool // a node stops the scope, with the failure
	failure  *node.Failure
}

func newAdvance(g *graph.Graph, v Variables, r Results) *advance {
	return &advance{graph: g, states: make([]Result, len(g.Nodes)), values: newValues(v, r)}
}

func (a *advance) recorded(n *graph.Node) {
	if result, ok := a.values.results.Result(n.ID); ok {
		a.set(n, result)
	}
}

// set takes note of a node's state.
func (a *advance) set(n *graph.Node, result Result) {
	a.states[n.Position] = result
	if !result.Status.Ended() {
		a.active++
		return
	}
	a.ended++
	if stops(n, result.Status) && !a.over {
		failure := node.Failure{Code: node.CodeInternal, Message: fmt.Sprintf("step %s is %s", n.ID, result.Status)}
		if result.Failure != nil {
			failure = *result.Failure
		}
		failure.Step = n.ID
		a.over, a.failure = true, &failure
	}
}

// stops says whether a node's end is the end of its scope.
func stops(n *graph.Node, status Status) bool {
	return status == Canceled || status == Failed && n.OnError != document.Continue && n.OnError != document.Route
}

// stopped is the decision of a scope that failed: what was evaluated before is recorded, nothing is started.
func (a *advance) stopped() Decision {
	kept := a.decision.Actions[:0]
	for _, action := range a.decision.Actions {
		if action.Kind != Start {
			kept = append(kept, action)
		}
	}
	return Decision{Actions: kept, Outcome: &Outcome{Status: Failed, Failure: a.failure}}
}

// advance decides about a node whose turn it is.
func (a *advance) advance(n *graph.Node) error {
	if !a.live(n) {
		a.act(n, Action{Kind: Skip})
		return nil
	}
	if !n.Pure && a.active >= a.graph.MaxParallel {
		return nil
	}
	action, err := a.decide(n)
	if err != nil {
		return err
	}
	a.act(n, action)
	return nil
}

func (a *advance) decide(n *graph.Node) (Action, error) {
	if n.When != nil {
		variables, err := a.values.of(a, n.When)
		if err != nil {
			return Action{}, err
		}
		if run, failure := condition(n.When, variables, "when"); failure != nil || !run {
			return conditional(failure), nil
		}
	}
	variables, err := a.values.of(a, n.Templates()...)
	if err != nil {
		return Action{}, err
	}
	var joined json.RawMessage
	if n.Type == typeJoin {
		if joined, err = a.joined(n); err != nil {
			return Action{}, err
		}
	}
	return evaluate(n, variables, joined), nil
}

func conditional(failure *node.Failure) Action {
	if failure != nil {
		return Action{Kind: Fail, Failure: failure}
	}
	return Action{Kind: Skip}
}

// act takes an action up into the decision, and its effect into the states.
func (a *advance) act(n *graph.Node, action Action) {
	action.Node, action.Type = n.ID, n.Type
	result := Result{Port: action.Port, Failure: action.Failure}
	switch action.Kind {
	case Skip:
		result.Status = Skipped
	case Complete:
		result.Status = Completed
		a.values.evaluated(n, action.Output)
	case Fail:
		result.Status = Failed
		if n.OnError == document.Route {
			action.Port, result.Port = portError, portError
		}
	case Start:
		result.Status = Running
	}
	a.decision.Actions = append(a.decision.Actions, action)
	a.set(n, result)
}

// finished is the decision when nothing stops the scope: its outcome, if every node has ended.
func (a *advance) finished() (Decision, error) {
	if a.ended < len(a.graph.Nodes) {
		return a.decision, nil
	}
	outcome := &Outcome{Status: Completed, Output: json.RawMessage("null")}
	if output := a.graph.Output; output != nil {
		variables, err := a.values.of(a, output)
		if err != nil {
			return Decision{}, err
		}
		if outcome.Output, err = output.Evaluate(variables); err != nil {
			outcome = &Outcome{Status: Failed, Failure: graph.Failure(err)}
		}
	}
	a.decision.Outcome = outcome
	return a.decision, nil
}
