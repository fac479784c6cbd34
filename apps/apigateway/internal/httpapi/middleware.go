package httpapi

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/agentteam/agentteam/contract"
)

type requestIDKey struct{}

// requestID is the id that the log, the X-Request-ID header and a problem share.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// observed gives every request an id, a line in the log, and an answer even if its handler panics.
func (s *Server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, id := time.Now(), rand.Text()
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		w.Header().Set("X-Request-ID", id)
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		answer := &recorder{ResponseWriter: w}
		defer s.logRequest(r, answer, start)
		defer s.recoverPanic(answer, r)
		next.ServeHTTP(answer, r)
	})
}

// recoverPanic answers 500 if nothing was sent yet. A cut answer stays cut, so that no client takes it
// for a whole one.
func (s *Server) recoverPanic(answer *recorder, r *http.Request) {
	panicked := recover()
	if panicked == nil {
		return
	}
	if panicked == http.ErrAbortHandler { //nolint:errorlint // net/http itself compares the panic so
		panic(panicked)
	}
	s.log.ErrorContext(r.Context(), "panic", "request_id", requestID(r.Context()),
		"panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
	if answer.status != 0 {
		panic(http.ErrAbortHandler)
	}
	problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "the gateway failed; quote the request id"}.write(answer, r)
}

// logRequest logs probes at debug level only: they come every few seconds, for ever.
func (s *Server) logRequest(r *http.Request, answer *recorder, start time.Time) {
	level := slog.LevelInfo
	if answer.status == http.StatusOK && (r.URL.Path == "/ready" || r.URL.Path == contract.HealthPath) {
		level = slog.LevelDebug
	}
	s.log.Log(r.Context(), level, "request", "request_id", requestID(r.Context()), "method", r.Method,
		"path", r.URL.Path, "status", answer.status, "duration_ms", time.Since(start).Milliseconds())
}
