package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/agentteam/agentteam/internal/identity"
)

// discard is a connection's side of an answer that nobody reads.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header            { return d.header }
func (d *discard) WriteHeader(status int)         { d.status = status }
func (d *discard) Write(body []byte) (int, error) { return len(body), nil }

// BenchmarkRequest measures what the gateway itself does for a request that asks nothing behind it: without the connection, with
// the line in the log, metrics and trace ids.
func BenchmarkRequest(b *testing.B) {
	w := worldWith(b, settings{out: io.Discard, perCaller: 1_000_000})
	for _, path := range []string{"/health", "/v1/me"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			request := httptest.NewRequest(http.MethodGet, path, nil)
			request.Header.Set("Authorization", "Bearer "+w.keys[identity.Admin])
			for b.Loop() {
				answer := discard{header: http.Header{}}
				w.handler.ServeHTTP(&answer, request)
				if answer.status != http.StatusOK {
					b.Fatalf("GET %s answers %d", path, answer.status)
				}
			}
		})
	}
}
