// Package retryafter reads how long a server asks its clients to wait (RFC 9110, section 10.2.3).
package retryafter

import (
	"net/http"
	"strconv"
	"time"
)

// Longest bounds what is believed of a server.
const Longest = time.Hour

// Parse reads seconds or a date, and the milliseconds that OpenAI sends beside them; 0 if there is nothing
// to be read.
func Parse(header http.Header) time.Duration {
	if ms, ok := number(header.Get("Retry-After-Ms")); ok {
		return min(time.Duration(ms*float64(time.Millisecond)), Longest)
	}
	text := header.Get("Retry-After")
	if seconds, ok := number(text); ok {
		return min(time.Duration(seconds*float64(time.Second)), Longest)
	}
	if date, err := http.ParseTime(text); err == nil {
		return min(max(time.Until(date), 0), Longest)
	}
	return 0
}

func number(text string) (float64, bool) {
	value, err := strconv.ParseFloat(text, 64)
	return min(value, 1e9), err == nil && value >= 0
}
