// Package ratelimit bounds how often somebody may ask. The counts are in Redis, shared by every task, and each process
// takes from them in small leases, so that most requests wait for nothing; while Redis is away each process counts for itself, so
// that a lost Redis neither stops the API nor opens it.
package ratelimit

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/agentteam/agentteam/internal/identity"
)

// The limits. Rates are per second.
const (
	// A program that polls ten runs five times a second still fits; the burst is a page that loads everything.
	callerRate = 50
	// Guessing is hopeless at any rate (keys have 256 bits): this bounds what strangers cost us.
	addressRate, addressBurst = 20, 40
)

// Limiter decides request by request. It is safe for concurrent use and needs no closing.
type Limiter struct {
	perCaller int
	shared    *redis_rate.Limiter
	buckets   buckets
	state     circuit
}

// Options are what a Limiter needs.
type Options struct {
	Redis *redis.Client
	Log   *slog.Logger
	// PerCaller is how many requests a second a caller may send, and twice as many at once; 0 stands for 50.
	PerCaller int
}

// New makes a Limiter. Redis need not be there yet.
func New(o Options) *Limiter {
	quick := o.Redis.WithTimeout(patience)
	return &Limiter{
		perCaller: cmp.Or(o.PerCaller, callerRate),
		shared:    redis_rate.NewLimiter(quick),
		buckets:   newBuckets(),
		state:     circuit{ping: func(ctx context.Context) error { return o.Redis.Ping(ctx).Err() }, log: o.Log},
	}
}

// Caller counts a request of somebody who is known. A user has one limit over all workspaces.
func (l *Limiter) Caller(ctx context.Context, c identity.Caller) Decision {
	return l.Subject(ctx, c.Kind, c.Subject)
}

// Subject is Caller before the workspace is known.
func (l *Limiter) Subject(ctx context.Context, kind, subject string) Decision {
	return l.decide(ctx, kind+":"+subject, redis_rate.Limit{Rate: l.perCaller, Burst: 2 * l.perCaller, Period: time.Second})
}

// Stranger counts a request without valid credentials by the address that it came from.
func (l *Limiter) Stranger(ctx context.Context, r *http.Request) Decision {
	return l.decide(ctx, "address:"+Address(r), redis_rate.Limit{Rate: addressRate, Burst: addressBurst, Period: time.Second})
}

// decide asks Redis at most once at a time for each key; whoever comes meanwhile waits for that answer, never longer than patience.
func (l *Limiter) decide(ctx context.Context, key string, limit redis_rate.Limit) Decision {
	b := l.buckets.of(key, limit)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !l.state.closed() {
		return b.byItself()
	}
	if d, decided := b.known(time.Now()); decided {
		return d
	}
	answer, err := l.ask(ctx, key, limit)
	if err != nil {
		l.state.open(ctx, err)
		return b.byItself()
	}
	return b.learn(time.Now(), answer)
}

// ask leases from Redis; a bucket that has not enough for a lease may still have enough for a request. A client that leaves does
// not end it: others wait for the answer.
func (l *Limiter) ask(ctx context.Context, key string, limit redis_rate.Limit) (*redis_rate.Result, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	answer, err := l.shared.AllowN(ctx, key, limit, lease(limit))
	if err == nil && answer.Allowed == 0 {
		return l.shared.Allow(ctx, key, limit)
	}
	return answer, err
}
