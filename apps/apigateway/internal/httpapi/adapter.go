package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
)

// adapter puts huma's operations on the router, each behind the guards that it asks for. They are put together once, so
// a request looks nothing up.
type adapter struct {
	router chi.Router
	server *Server
}

// Handle adds one operation.
func (a adapter) Handle(described *huma.Operation, handle func(huma.Context)) {
	o, _ := described.Metadata[metadataKey].(operation)
	next := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(humachi.NewContext(described, r, w))
	}))
	a.router.Method(described.Method, described.Path, a.server.guarded(o, next))
}

// ServeHTTP is part of huma's interface.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

// guarded is the way of a request to its operation: what is refused costs the least first.
func (s *Server) guarded(o operation, next http.Handler) http.Handler {
	if o.repeatable() {
		next = s.repeats.Handler(next)
	}
	if o.method != http.MethodGet && o.method != http.MethodDelete {
		next = limited(o, next)
	}
	next = s.admitted(o, next)
	next = bounded(o, next)
	return s.routed(o.path, next)
}

// routed names the request for the log, the trace and the metrics.
func (s *Server) routed(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).route = pattern
		next.ServeHTTP(w, r)
	})
}

// bounded gives the request its deadline.
func bounded(o operation, next http.Handler) http.Handler {
	limit := o.deadline
	if limit == 0 {
		limit = requestDeadline
	}
	if limit < 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
