// Package wake tells readers of a run's log, in whichever process they wait, that there is something new. It is a
// hint and nothing more: readers poll as well, so a hint that is lost costs a second, and Redis may go away.
package wake

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Hub passes hints on between the readers of this process, and through Redis to those of others.
type Hub struct {
	redis *redis.Client
	log   *slog.Logger
	id    string // tells this hub's own messages, which come back

	mu      sync.Mutex
	readers map[string]map[chan struct{}]struct{} // by run
	outbox  map[string]struct{}                   // runs that others are still to hear of
	more    chan struct{}                         // the outbox is not empty
}

// mostWaiting bounds the outbox while Redis is slow. Runs beyond it are found by polling.
const mostWaiting = 10_000

// New makes a hub; Run connects it to the others. Without a client it serves this process alone.
func New(client *redis.Client, log *slog.Logger) *Hub {
	return &Hub{
		redis: client, log: log, id: rand.Text(),
		readers: map[string]map[chan struct{}]struct{}{}, outbox: map[string]struct{}{}, more: make(chan struct{}, 1),
	}
}

// Publish wakes the run's readers. It never blocks: hints that follow each other quickly become one.
func (h *Hub) Publish(run string) {
	h.mu.Lock()
	h.wakeLocked(run)
	if h.redis != nil && len(h.outbox) < mostWaiting {
		h.outbox[run] = struct{}{}
	}
	h.mu.Unlock()
	signal(h.more)
}

// Subscribe gives a channel that has a value whenever the run may have news, and a function that ends the
// subscription. Several hints before the reader looks are one.
func (h *Hub) Subscribe(run string) (<-chan struct{}, func()) {
	reader := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readers[run] == nil {
		h.readers[run] = map[chan struct{}]struct{}{}
	}
	h.readers[run][reader] = struct{}{}
	return reader, func() { h.unsubscribe(run, reader) }
}

// Run connects the hub to those of other processes until the context ends.
func (h *Hub) Run(ctx context.Context) {
	if h.redis == nil {
		<-ctx.Done()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { h.send(ctx) })
	both.Go(func() { h.receive(ctx) })
	both.Wait()
}

func (h *Hub) unsubscribe(run string, reader chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.readers[run], reader)
	if len(h.readers[run]) == 0 {
		delete(h.readers, run)
	}
}

func (h *Hub) wakeLocked(run string) {
	for reader := range h.readers[run] {
		signal(reader)
	}
}

// signal leaves one value in a channel that holds one.
func signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}
