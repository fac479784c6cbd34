package durable_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// pausing stops before the first call of a step whose config says so, as a process that is paused does.
type pausing struct{ reached, letGo chan struct{} }

func (p pausing) Next(config json.RawMessage, results []node.CallResult) node.Move {
	if len(results) == 0 && bytes.Contains(config, []byte("paused")) {
		close(p.reached)
		<-p.letGo
	}
	return script{}.Next(config, results)
}

// TestAPausedProcessRepeatsNoCall pauses a process between what it recorded last and its next call, which another one makes meanwhile.
func TestAPausedProcessRepeatsNoCall(t *testing.T) {
	t.Parallel()
	s := newSystem(t, flow(httpNode("a", "GET", ``)+`,`+httpNode("b", "GET", `"model": "openai/x", "paused": "yes"`), `{"from": "a", "to": "b"}`))
	gone, other := &calls{}, &calls{}
	program := pausing{make(chan struct{}), make(chan struct{})}
	first, err := durable.New(t.Context(), durable.Options{Pool: s.pool, Programs: map[string]node.Program{"http": program}, Performer: gone,
		Graphs: func(context.Context, string, string, int) (*graph.Graph, error) { return s.graph, nil }, Log: s.log()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = first.Close(context.WithoutCancel(t.Context())) }) // its task is the other's
	run := s.start(first)
	<-program.reached
	s.engine(other, 0)
	first.Freeze()
	s.await(run, "completed", stall)
	close(program.letGo)
	time.Sleep(300 * time.Millisecond)
	if gone.total() != 1 || other.total() != 1 {
		t.Errorf("the paused process made %d calls and the other one %d, want one each", gone.total(), other.total())
	}
}
