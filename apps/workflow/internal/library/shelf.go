package library

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
)

// The bounds of what is kept. A compiled graph takes several times the memory of its document.
const (
	mostGraphs = 1_000
	mostBytes  = 16 << 20 // of documents
)

// shelf keeps the graphs that were used last.
type shelf struct {
	mutex  sync.Mutex
	graphs *simplelru.LRU[key, volume]
	bytes  int
}

type volume struct {
	graph *graph.Graph
	bytes int
}

func newShelf() *shelf {
	s := &shelf{}
	// Its one error is a size below 1.
	s.graphs, _ = simplelru.NewLRU(mostGraphs, func(_ key, v volume) { s.bytes -= v.bytes })
	return s
}

// get gives nil for what is not kept.
func (s *shelf) get(k key) *graph.Graph {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	v, _ := s.graphs.Get(k)
	return v.graph
}

// put always keeps the newest, and drops the longest unused beyond the bounds.
func (s *shelf) put(k key, g *graph.Graph, bytes int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.graphs.Remove(k)
	s.graphs.Add(k, volume{g, bytes})
	s.bytes += bytes
	for s.bytes > mostBytes && s.graphs.Len() > 1 {
		s.graphs.RemoveOldest()
	}
}
