package wake

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// channel is the one that all hubs use. Its messages are "<hub> <run>".
const channel = "agentteam:wake"

// Pauses after Redis failed, and how messages go out.
const (
	firstPause  = 100 * time.Millisecond
	longPause   = 5 * time.Second
	sendTimeout = 2 * time.Second
	gather      = 5 * time.Millisecond // that hints wait for more, when some were sent just now
	batch       = 500                  // messages in one round trip
	silence     = 20 * time.Second     // after which a connection has to show that it lives
)

// send empties the outbox into Redis. What Redis does not take is dropped: by the time that it is back, readers
// have polled.
func (h *Hub) send(ctx context.Context) {
	pause := pauses{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.more:
		}
		for runs := h.takeSome(); len(runs) > 0 && ctx.Err() == nil; runs = h.takeSome() {
			if err := h.publish(ctx, runs); err != nil {
				pause.wait(ctx)
			} else {
				pause.reset()
				rest(ctx, gather)
			}
		}
	}
}

func (h *Hub) takeSome() (runs []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for run := range h.outbox {
		delete(h.outbox, run)
		if runs = append(runs, run); len(runs) == batch {
			return runs
		}
	}
	return runs
}

func (h *Hub) publish(ctx context.Context, runs []string) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	_, err := h.redis.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, run := range runs {
			pipe.Publish(ctx, channel, h.id+" "+run)
		}
		return nil
	})
	return err
}

// receive listens until the context ends, however often the connection is lost. It logs that it was, once.
func (h *Hub) receive(ctx context.Context) {
	pause, away := pauses{}, false
	for ctx.Err() == nil {
		err := h.listen(ctx, func() {
			if pause.reset(); away {
				h.log.InfoContext(ctx, "Redis is back: events wake their readers again")
				away = false
			}
		})
		if ctx.Err() == nil && !away {
			h.log.WarnContext(ctx, "Redis is away: readers of events poll", "error", err)
			away = true
		}
		pause.wait(ctx)
	}
}

// listen passes messages on until the connection breaks, or is silent although it was asked. Everybody is woken at its
// begin, since messages may have been missed before.
func (h *Hub) listen(ctx context.Context, connected func()) error {
	subscription := h.redis.Subscribe(ctx, channel)
	defer subscription.Close()
	defer context.AfterFunc(ctx, func() { subscription.Close() })() // a read does not heed the context
	for asked := false; ; {
		message, err := subscription.ReceiveTimeout(ctx, silence)
		if timedOut(err) && !asked {
			asked, err = true, subscription.Ping(ctx)
		} else {
			asked = false
		}
		if err != nil {
			return err
		}
		switch message := message.(type) {
		case *redis.Subscription:
			connected()
			h.wakeAll()
		case *redis.Message:
			h.heard(message.Payload)
		}
	}
}

func timedOut(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// heard wakes the readers of a run that another hub named.
func (h *Hub) heard(payload string) {
	from, run, _ := strings.Cut(payload, " ")
	if from == h.id {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wakeLocked(run)
}

func (h *Hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for run := range h.readers {
		h.wakeLocked(run)
	}
}

// pauses grow from try to try.
type pauses struct{ next time.Duration }

func (p *pauses) reset() { p.next = 0 }

func (p *pauses) wait(ctx context.Context) {
	p.next = min(max(2*p.next, firstPause), longPause)
	rest(ctx, p.next)
}

func rest(ctx context.Context, long time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(long):
	}
}
