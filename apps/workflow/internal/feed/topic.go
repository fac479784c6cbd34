package feed

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// readLimit bounds one read of PostgreSQL: one that hangs must not hold its readers for ever.
const readLimit = 10 * time.Second

// topic is one run with its readers in this process. They share what is read at the log's end: an event that
// 200 readers wait for is read once.
type topic struct {
	key     key
	log     Log
	readers atomic.Int32
	left    chan struct{} // closed when the last reader has left
	reading chan struct{} // holds one value while somebody reads at the end

	mu      sync.Mutex
	hints   uint64        // grows whenever there may be new events
	changed chan struct{} // closed, and replaced, at the same time
	gone    bool          // the run was deleted
	page    []store.Event // what was read last at the end,
	start   int64         // and the number it was read after
	edge    int64         // no event has a greater number,
	known   uint64        // as was known when there had been so many hints
}

func newTopic(k key, log Log) *topic {
	return &topic{key: k, log: log, left: make(chan struct{}), reading: make(chan struct{}, 1), hints: 1, changed: make(chan struct{})}
}

// forward turns the waker's hints into the topic's until the last reader has left.
func (t *topic) forward(woken <-chan struct{}, unsubscribe func()) {
	defer unsubscribe()
	for {
		select {
		case <-woken:
			t.hint()
		case <-t.left:
			return
		}
	}
}

func (t *topic) hint() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hintLocked()
}

func (t *topic) hintLocked() {
	t.hints++
	close(t.changed)
	t.changed = make(chan struct{})
}

// found hears what the poll saw of the run.
func (t *topic) found(head int64, exists bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone = !exists
	if t.gone || head > t.edge {
		t.hintLocked()
	}
}

// changes gives a channel that is closed as soon as there may be events after those of the next read.
func (t *topic) changes() (<-chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return nil, fmt.Errorf("run %q %w", t.key.run, store.ErrNotFound)
	}
	return t.changed, nil
}

// next gives events after a number, none at the log's end. Who is behind reads alone.
func (t *topic) next(ctx context.Context, after int64) ([]store.Event, error) {
	events, answered, behind := t.recall(after)
	if answered {
		return events, nil
	}
	if behind {
		page, err := t.read(ctx, after)
		return page.Events, err
	}
	select {
	case t.reading <- struct{}{}:
		defer func() { <-t.reading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if events, answered, _ = t.recall(after); answered { // who had the turn before has read it
		return events, nil
	}
	return t.readAtEnd(ctx, after)
}

// recall answers from what is known already.
func (t *topic) recall(after int64) (events []store.Event, answered, behind bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.page); n > 0 {
		if after < t.start {
			return nil, false, true
		}
		if after < t.page[n-1].Seq {
			first := slices.IndexFunc(t.page, func(e store.Event) bool { return e.Seq > after })
			return t.page[first:], true, false
		}
	}
	return nil, after == t.edge && t.known == t.hints, false
}

func (t *topic) readAtEnd(ctx context.Context, after int64) ([]store.Event, error) {
	t.mu.Lock()
	hints := t.hints
	t.mu.Unlock()
	page, err := t.read(ctx, after)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	newest := after
	if n := len(page.Events); n > 0 {
		newest = page.Events[n-1].Seq
	}
	if newest >= page.Head { // also without events
		t.edge, t.known = newest, hints
	}
	t.page = nil
	if t.readers.Load() > 1 { // a single reader would only keep memory
		t.page, t.start = page.Events, after
	}
	return page.Events, nil
}

func (t *topic) read(ctx context.Context, after int64) (store.EventPage, error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	return t.log.Events(ctx, t.key.workspace, t.key.run, after, store.PageBounds{Rows: pageEvents, Bytes: pageBytes})
}
