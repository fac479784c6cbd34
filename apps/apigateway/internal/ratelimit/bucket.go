package ratelimit

import (
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxBuckets bounds the memory, at about 200 bytes each. Who is forgotten loses the rest of a lease, and while Redis is
// away starts with a full bucket.
const maxBuckets = 20_000

// bucket is what this process knows of one key's limit.
type bucket struct {
	limit redis_rate.Limit

	mu      sync.Mutex
	leased  int           // requests that Redis has counted already and that were not sent yet
	full    time.Time     // when the bucket in Redis is untouched again, if nobody else takes from it
	refused time.Time     // until when Redis lets nothing through
	alone   *rate.Limiter // counts in this process alone, while Redis is away: with n tasks the limit is n-fold
}

// buckets finds or makes the bucket of a key.
type buckets struct {
	byKey *lru.Cache[string, *bucket]
}

func newBuckets() buckets {
	cache, err := lru.New[string, *bucket](maxBuckets)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return buckets{cache}
}

func (b buckets) of(key string, limit redis_rate.Limit) *bucket {
	if found, known := b.byKey.Get(key); known {
		return found
	}
	made := &bucket{limit: limit, alone: rate.NewLimiter(rate.Limit(limit.Rate), limit.Burst)}
	if earlier, loaded, _ := b.byKey.PeekOrAdd(key, made); loaded {
		return earlier
	}
	return made
}

// byItself decides without Redis.
func (b *bucket) byItself() Decision {
	now := time.Now()
	allowed := b.alone.AllowN(now, 1)
	tokens := max(b.alone.TokensAt(now), 0)
	d := Decision{
		Allowed: allowed, Limit: b.limit.Burst, Remaining: int(tokens),
		Reset: seconds((float64(b.limit.Burst) - tokens) / float64(b.limit.Rate)),
	}
	if !allowed {
		d.RetryAfter = seconds((1 - tokens) / float64(b.limit.Rate))
	}
	return d
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
