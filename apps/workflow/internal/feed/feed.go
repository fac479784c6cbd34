// Package feed hands out the logs of runs as they grow. PostgreSQL is where events are; hints that come through Redis
// only say when to look, and a poll once a second finds what no hint announced.
package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// Log is where the events are; store.Store is it.
type Log interface {
	// Head tells whether a run has ended and the number of its newest event.
	Head(ctx context.Context, workspace, run string) (store.RunHead, error)
	Events(ctx context.Context, workspace, run string, after int64, bounds store.PageBounds) (store.EventPage, error)
	// Heads gives the numbers of the newest events of runs by workspace, without those that are not there.
	Heads(ctx context.Context, runs map[string][]string) (map[string]int64, error)
}

// Waker tells that a run may have new events; wake.Hub is it.
type Waker interface {
	Subscribe(run string) (<-chan struct{}, func())
}

// Bounds of a process and of a message. Large pages make few messages of a long log, small ones keep a slow reader cheap.
const (
	maxReaders = 5_000
	pageEvents = 500
	pageBytes  = 256 << 10
)

// What Follow refuses.
var (
	// ErrAhead: the reader has seen more events than there are, so its number is of another run.
	ErrAhead = errors.New("no such event")
	// ErrFull: this process has as many readers as it can serve well; another may have room.
	ErrFull = errors.New("too many event streams")
)

// Options are what a feed works with.
type Options struct {
	Log     Log
	Wake    Waker
	Measure *telemetry.Engine // nil measures nothing
	Logger  *slog.Logger
}

// Feed serves the readers of one process.
type Feed struct {
	Options
	mu      sync.Mutex
	topics  map[key]*topic
	readers int
}

// key has the workspace too, so that what is read for one workspace can never reach another.
type key struct{ workspace, run string }

// New makes a feed. Run must follow.
func New(o Options) *Feed { return &Feed{Options: o, topics: map[key]*topic{}} }

// Follow sends the events of a run after a number, each once and in order, and goes on as they come. It ends
// without an error after the run's last event, and by the context's error with the context. While PostgreSQL is
// away it waits. The events are shared with other readers: send must not change them.
func (f *Feed) Follow(ctx context.Context, workspace, run string, after int64, send func([]store.Event) error) error {
	head, err := f.Log.Head(ctx, workspace, run)
	if err != nil {
		return err
	}
	if after > head.LastSeq {
		return Ahead(run, after, head.LastSeq)
	}
	topic, err := f.join(key{workspace, run})
	if err != nil {
		return err
	}
	defer f.leave(topic)
	r := &reader{topic: topic, after: after, ended: head.Ended && after == head.LastSeq, since: time.Now(), send: send, measure: f.Measure}
	return r.run(ctx)
}

// Ahead is the error for a reader that names an event which a run does not have.
func Ahead(run string, after, newest int64) error {
	return fmt.Errorf("%w: the newest event of run %s is %d, and those after %d were asked for", ErrAhead, run, newest, after)
}

func (f *Feed) join(k key) (*topic, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.readers == maxReaders {
		return nil, fmt.Errorf("%w: this process serves %d already", ErrFull, maxReaders)
	}
	f.readers++
	t := f.topics[k]
	if t == nil {
		t = newTopic(k, f.Log)
		f.topics[k] = t
		woken, unsubscribe := f.Wake.Subscribe(k.run)
		go t.forward(woken, unsubscribe)
	}
	t.readers.Add(1)
	return t, nil
}

func (f *Feed) leave(t *topic) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readers--
	if t.readers.Add(-1) == 0 {
		delete(f.topics, t.key)
		close(t.left)
	}
}
