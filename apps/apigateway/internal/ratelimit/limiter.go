// Package ratelimit bounds how often somebody may ask. The counts are in Redis, shared by every task; while
// Redis is away each process counts for itself, so that a lost Redis neither stops the API nor opens it.
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
	local     *buckets
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
		local:     newBuckets(),
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

func (l *Limiter) decide(ctx context.Context, key string, limit redis_rate.Limit) Decision {
	if !l.state.closed() {
		return l.local.decide(key, limit)
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	result, err := l.shared.Allow(short, key, limit)
	if err != nil {
		if ctx.Err() == nil { // else the client left, which says nothing about Redis
			l.state.open(ctx, err)
		}
		return l.local.decide(key, limit)
	}
	return Decision{
		Allowed: result.Allowed > 0, Limit: limit.Burst, Remaining: result.Remaining,
		Reset: result.ResetAfter, RetryAfter: max(result.RetryAfter, 0),
	}
}
