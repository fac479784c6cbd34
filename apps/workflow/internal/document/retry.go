package document

import (
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// longestPause bounds what another side may ask for by its Retry-After.
const longestPause = time.Hour

// Delay is the pause after a failed attempt, and whether another follows at all. Attempts count from 1. The
// jitter comes from the step's path, so that every process computes the same pause.
func (r Retry) Delay(step string, attempt int, failure *node.Failure) (time.Duration, bool) {
	if attempt >= r.MaxAttempts || failure == nil || failure.Final || slices.Contains(r.NonRetryable, failure.Code) {
		return 0, false
	}
	pause := float64(r.Initial) * math.Pow(r.Multiplier, float64(attempt-1))
	pause = min(pause, float64(r.Max))
	pause *= jitter(step, attempt)
	return max(time.Duration(pause), min(failure.RetryAfter, longestPause)), true
}

// jitter is between 0.8 and 1, so that steps that failed together do not come back together.
func jitter(step string, attempt int) float64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(step))
	_, _ = h.Write(strconv.AppendInt(nil, int64(attempt), 10))
	return 0.8 + 0.2*float64(h.Sum32())/math.MaxUint32
}
