package library

import (
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
)

func TestTheShelfKeepsWhatWasUsedLast(t *testing.T) {
	s := newShelf()
	k := func(n int) key { return key{"wsp", "wfl", n} }
	for n := range mostGraphs + 5 {
		s.put(k(n), &graph.Graph{}, 10)
	}
	if s.graphs.Len() != mostGraphs || s.bytes != mostGraphs*10 {
		t.Errorf("%d graphs of %d bytes are kept", s.graphs.Len(), s.bytes)
	}
	if s.get(k(0)) != nil || s.get(k(5)) == nil {
		t.Error("not the longest unused was dropped")
	}
	s.put(k(-1), &graph.Graph{}, mostBytes-15)
	if s.graphs.Len() != 2 || s.get(k(mostGraphs+4)) != nil && s.get(k(5)) == nil {
		t.Errorf("%d graphs are kept beside a large one", s.graphs.Len())
	}
	if s.get(k(5)) == nil {
		t.Error("the one used before the large one is gone")
	}
	large := &graph.Graph{}
	s.put(k(-2), large, 2*mostBytes)
	if s.get(k(-2)) != large || s.graphs.Len() != 1 || s.bytes != 2*mostBytes {
		t.Errorf("one beyond the bound: %d graphs of %d bytes", s.graphs.Len(), s.bytes)
	}
	s.put(k(-2), large, 10)
	if s.bytes != 10 || s.get(key{"wsp2", "wfl", -2}) != nil {
		t.Errorf("put twice, it counts %d bytes", s.bytes)
	}
}
