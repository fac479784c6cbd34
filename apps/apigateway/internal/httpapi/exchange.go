package httpapi

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/agentteam/agentteam/apps/apigateway/internal/auth"
	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// requestIDHeader carries the id that the log, the answer and a problem share.
const requestIDHeader = "X-Request-Id"

// What a caller may choose an id of.
const (
	maxRequestID        = 128
	requestIDCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
)

// exchange is what becomes known about a request on its way in, for its line in the log.
type exchange struct {
	route     string
	principal auth.Principal
	caller    identity.Caller
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// observed gives every request an id, a trace, its place in the metrics, a line in the log, and an answer even if its handler panics.
func (s *Server) observed(next http.Handler) http.Handler {
	protection := protective()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, id := time.Now(), requestID(r)
		x := new(exchange)
		ctx, end := s.telemetry.Request(r)
		r = r.WithContext(context.WithValue(telemetry.WithRequestID(ctx, id), exchangeKey{}, x))
		maps.Copy(w.Header(), protection)
		w.Header()[requestIDHeader] = []string{id}
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		answer := &recorder{ResponseWriter: w}
		defer func() {
			end(x.route, answer.status)
			s.logRequest(r, x, answer, start)
		}()
		defer s.recoverPanic(answer, r)
		next.ServeHTTP(answer, r)
	})
}

// requestID is the caller's own if it can stand in a log, else a new one.
func requestID(r *http.Request) string {
	given := r.Header[requestIDHeader]
	if len(given) != 1 || given[0] == "" || len(given[0]) > maxRequestID || strings.Trim(given[0], requestIDCharacters) != "" {
		return rand.Text()
	}
	return given[0]
}

// protective are the headers that keep browsers from taking an answer for anything else than what it is. There is no
// CORS: the API takes bearer tokens of programs; a web client of ours is to be served from the same origin. All answers share
// the values: a handler sets others and changes none.
func protective() http.Header {
	return http.Header{
		"Cache-Control":                {"no-store"},
		"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'; sandbox"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Referrer-Policy":              {"no-referrer"},
		"Strict-Transport-Security":    {"max-age=31536000"},
		"X-Content-Type-Options":       {"nosniff"},
	}
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
	s.log.ErrorContext(r.Context(), "panic", "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
	if answer.status != 0 {
		panic(http.ErrAbortHandler)
	}
	internalProblem().write(answer, r)
}

func internalProblem() *Problem {
	return newProblem(http.StatusInternalServerError, codeInternal, "the gateway failed; quote the request id")
}

// logRequest names the route and never the path or the query, in which strangers can put anything. Probes are logged at
// debug level only: they come every few seconds, for ever.
func (s *Server) logRequest(r *http.Request, x *exchange, answer *recorder, start time.Time) {
	level := slog.LevelInfo
	if answer.status == http.StatusOK && (x.route == readyPath || x.route == contract.HealthPath || x.route == telemetry.MetricsPath) {
		level = slog.LevelDebug
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("method", r.Method), slog.String("route", x.route), slog.Int("status", answer.status),
		slog.Float64("duration_ms", float64(time.Since(start).Microseconds())/1000), slog.Int64("bytes", answer.bytes),
	}
	if x.principal.Subject != "" {
		attributes = append(attributes, slog.String("subject", x.principal.Subject), slog.String("workspace", x.caller.Workspace))
	}
	s.log.LogAttrs(r.Context(), level, "request", attributes...)
}
