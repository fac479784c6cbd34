package ratelimit

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	// patience is how long a request waits for Redis, which answers in about a millisecond.
	patience = 100 * time.Millisecond
	// Pings while Redis is away: a request never waits for them.
	pingEvery   = time.Second
	pingTimeout = 2 * time.Second // a first connection with TLS may need more than patience
)

// circuit keeps requests from waiting for a Redis that failed a moment ago.
type circuit struct {
	away    atomic.Bool
	pinging atomic.Bool
	next    atomic.Int64 // when to ping again, in Unix nanoseconds
	ping    func(context.Context) error
	log     *slog.Logger
}

// closed says whether Redis may be asked. While it may not, one call a second starts a ping.
func (c *circuit) closed() bool {
	if !c.away.Load() {
		return true
	}
	if time.Now().UnixNano() >= c.next.Load() && c.pinging.CompareAndSwap(false, true) {
		go c.probe()
	}
	return false
}

// open is called by every request that found Redis away; the first of them logs.
func (c *circuit) open(ctx context.Context, err error) {
	c.next.Store(time.Now().Add(pingEvery).UnixNano())
	if !c.away.Swap(true) {
		c.log.WarnContext(ctx, "Redis is away: each process limits rates by itself", "error", err)
	}
}

func (c *circuit) probe() {
	defer c.pinging.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	if err := c.ping(ctx); err != nil {
		c.next.Store(time.Now().Add(pingEvery).UnixNano())
		return
	}
	c.away.Store(false)
	c.log.InfoContext(ctx, "Redis is back: rates are limited over all processes again")
}
