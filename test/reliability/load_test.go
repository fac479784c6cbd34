//go:build live

package reliability_test

import (
	"context"
	"sync"
	"time"
)

// load starts runs over HTTP, one after the other in some lanes, until it is told to stop.
type load struct {
	world   *world
	outputs func(n int) map[string]any // that the run of n must have
	stop    chan struct{}
	lanes   sync.WaitGroup

	mu     sync.Mutex
	next   int
	runs   expected
	faults []error
}

// startLoad starts runs of mixedDocument; each is what else the lane does with a run before it starts the next.
func (w *world) startLoad(workflow string, lanes int, pause time.Duration, each func(run string)) *load {
	return w.startLoadOf(mixedOutputs, workflow, lanes, pause, each)
}

// startLoadOf is startLoad for runs of a workflow with other outputs.
func (w *world) startLoadOf(outputs func(n int) map[string]any, workflow string, lanes int, pause time.Duration, each func(run string)) *load {
	l := &load{world: w, outputs: outputs, stop: make(chan struct{}), runs: expected{}}
	for range lanes {
		l.lanes.Go(func() { l.lane(workflow, pause, each) })
	}
	return l
}

func (l *load) lane(workflow string, pause time.Duration, each func(string)) {
	for {
		select {
		case <-l.stop:
			return
		case <-time.After(pause):
		}
		l.mu.Lock()
		l.next++
		n := l.next
		l.mu.Unlock()
		ctx, cancel := context.WithTimeout(l.world.t.Context(), patience)
		run, err := l.world.client.startRun(ctx, workflow, map[string]int{"n": n})
		cancel()
		l.mu.Lock()
		if err != nil {
			l.faults = append(l.faults, err)
		} else {
			l.runs[run] = l.outputs(n)
		}
		l.mu.Unlock()
		if err == nil && each != nil {
			each(run)
		}
	}
}

// end gives the runs that were started.
func (l *load) end() expected {
	l.world.t.Helper()
	close(l.stop)
	l.lanes.Wait()
	for _, err := range l.faults {
		l.world.t.Error(err)
	}
	return l.runs
}
