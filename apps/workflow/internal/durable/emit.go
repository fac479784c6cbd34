package durable

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// Bounds of live events: how often a call writes, and how many it may keep while the database is slow.
const (
	emitInterval = 100 * time.Millisecond
	maxEmitted   = 1000
)

// emitter writes a call's live events while it is made. They are for watchers alone: what counts comes with the result.
type emitter struct {
	engine *Engine
	task   ledger.Task
	mu     sync.Mutex
	events []node.CallEvent
	closed bool
	wake   chan struct{}
	ending chan struct{}
	done   chan struct{}
}

func (e *Engine) emitter(ctx context.Context, t ledger.Task) *emitter {
	m := &emitter{engine: e, task: t, wake: make(chan struct{}, 1), ending: make(chan struct{}), done: make(chan struct{})}
	go m.run(ctx)
	return m
}

func (m *emitter) emit(event node.Event) {
	data, err := json.Marshal(event.Data)
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	if len(m.events) < maxEmitted {
		m.events = append(m.events, node.CallEvent{Type: event.Type, Data: data})
	}
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// close waits until everything is written: the result must not overtake it. Until the result is recorded, the end of this
// process would cost the call once more, so nothing pauses any longer.
func (m *emitter) close() {
	m.mu.Lock()
	m.closed = true
	close(m.wake)
	close(m.ending)
	m.mu.Unlock()
	<-m.done
}

func (m *emitter) run(ctx context.Context) {
	defer close(m.done)
	for range m.wake {
		m.flush(ctx)
		select {
		case <-time.After(emitInterval):
		case <-m.ending:
		case <-ctx.Done():
		}
	}
	m.flush(ctx)
}

func (m *emitter) flush(ctx context.Context) {
	m.mu.Lock()
	events := m.events
	m.events = nil
	m.mu.Unlock()
	if len(events) == 0 || ctx.Err() != nil {
		return
	}
	current := false
	err := m.engine.directly(ctx, func(ctx context.Context, tx *ledger.Tx) (err error) {
		current, err = ledger.Append(ctx, tx, m.task, events)
		return err
	})
	switch {
	case err != nil && ctx.Err() == nil:
		m.engine.log.WarnContext(ctx, "live events are lost", "run_id", m.task.Run, "step", m.task.Path, "events", len(events), "error", err)
	case current:
		m.engine.wake(m.task.Run)
	}
}
