package ratelimit

import (
	"time"

	"github.com/go-redis/redis_rate/v10"
)

// leasesPerBurst is how many leases an untouched bucket holds. A process asks Redis for one lease at a time, a twentieth of the
// burst, and admits its requests without asking again. Redis has counted them, so over all time nobody gets more than the limit; in
// any span of time, n processes admit at most what the limit allows in it and n times the rest of a lease that each
// may hold from before.
const leasesPerBurst = 20

// lease is how many requests Redis is asked for at once.
func lease(limit redis_rate.Limit) int { return max(1, limit.Burst/leasesPerBurst) }

// known decides what needs no question to Redis: a request of the lease, and one too early after a refusal.
func (b *bucket) known(now time.Time) (d Decision, decided bool) {
	if b.leased > 0 {
		b.leased--
		return b.decision(now, true), true
	}
	if now.Before(b.refused) {
		return b.decision(now, false), true
	}
	return Decision{}, false
}

// learn takes Redis's answer over and decides the request that asked.
func (b *bucket) learn(now time.Time, answer *redis_rate.Result) Decision {
	b.full = now.Add(answer.ResetAfter)
	if answer.Allowed == 0 {
		b.refused = now.Add(answer.RetryAfter)
		return b.decision(now, false)
	}
	b.leased = answer.Allowed - 1
	return b.decision(now, true)
}

func (b *bucket) decision(now time.Time, allowed bool) Decision {
	d := Decision{Allowed: allowed, Limit: b.limit.Burst, Reset: max(0, b.full.Sub(now))}
	if !allowed {
		d.RetryAfter = b.refused.Sub(now)
		return d
	}
	missing := d.Reset.Seconds() * float64(b.limit.Rate)
	d.Remaining = min(b.limit.Burst-1, max(0, int(float64(b.limit.Burst)-missing))+b.leased)
	return d
}
