package ratelimit

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// Decision is what became of one request.
type Decision struct {
	Allowed    bool
	Limit      int           // requests that fit into an untouched bucket
	Remaining  int           // requests that fit now
	Reset      time.Duration // until the bucket is untouched again
	RetryAfter time.Duration // until the next request fits; 0 if this one did
}

// SetHeaders tells the client, in the words of draft-ietf-httpapi-ratelimit-headers-06 and RFC 9110. HTTP's field
// names have no case. Times are whole seconds, rounded up so that nobody comes back too early.
func (d Decision) SetHeaders(h http.Header) {
	h.Set("Ratelimit-Limit", strconv.Itoa(d.Limit))
	h.Set("Ratelimit-Remaining", strconv.Itoa(d.Remaining))
	h.Set("Ratelimit-Reset", wholeSeconds(d.Reset))
	if !d.Allowed {
		h.Set("Retry-After", wholeSeconds(max(d.RetryAfter, time.Second)))
	}
}

func wholeSeconds(d time.Duration) string {
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}
