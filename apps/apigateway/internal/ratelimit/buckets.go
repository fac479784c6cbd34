package ratelimit

import (
	"time"

	"github.com/go-redis/redis_rate/v10"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxBuckets bounds the memory, at about 200 bytes each. Who is forgotten starts with a full bucket.
const maxBuckets = 20_000

// buckets counts in this process alone, while Redis is away: with n tasks the limit is n-fold.
type buckets struct {
	byKey *lru.Cache[string, *rate.Limiter]
}

func newBuckets() *buckets {
	cache, err := lru.New[string, *rate.Limiter](maxBuckets)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &buckets{byKey: cache}
}

func (b *buckets) decide(key string, limit redis_rate.Limit) Decision {
	bucket, known := b.byKey.Get(key)
	if !known {
		bucket = rate.NewLimiter(rate.Limit(limit.Rate), limit.Burst)
		if earlier, loaded, _ := b.byKey.PeekOrAdd(key, bucket); loaded {
			bucket = earlier
		}
	}
	now := time.Now()
	allowed := bucket.AllowN(now, 1)
	tokens := max(bucket.TokensAt(now), 0)
	d := Decision{
		Allowed: allowed, Limit: limit.Burst, Remaining: int(tokens),
		Reset: seconds((float64(limit.Burst) - tokens) / float64(limit.Rate)),
	}
	if !allowed {
		d.RetryAfter = seconds((1 - tokens) / float64(limit.Rate))
	}
	return d
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
