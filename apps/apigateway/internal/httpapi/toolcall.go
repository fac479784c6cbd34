package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentteam/agentteam/apps/apigateway/internal/idempotency"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// toolCall is one call of a tool. What it does, it does by requests to the HTTP API, in the name of who called.
type toolCall struct {
	server  *Server
	request *mcp.CallToolRequest
}

// get reads a path.
func (c *toolCall) get(ctx context.Context, path string, query url.Values, into any) error {
	return c.ask(ctx, http.MethodGet, (&url.URL{Path: path, RawQuery: query.Encode()}).String(), "", nil, into)
}

// post sends a body; a key that is not empty makes that safe to repeat.
func (c *toolCall) post(ctx context.Context, path, key string, body, into any) error {
	return c.ask(ctx, http.MethodPost, path, key, body, into)
}

// ask passes everything that the same request of the caller's own would pass: credential, limits, permission, checks, the log. Nothing but the
// network is left out. Its error is the problem that the request gets.
func (c *toolCall) ask(ctx context.Context, method, path, key string, body, into any) error {
	r, err := c.asking(ctx, method, path, key, body)
	if err != nil {
		return err
	}
	w := &kept{header: http.Header{}}
	c.server.operations.ServeHTTP(w, r)
	if w.status < http.StatusBadRequest {
		return json.Unmarshal(w.body.Bytes(), into)
	}
	p := new(Problem)
	if err := json.Unmarshal(w.body.Bytes(), p); err != nil {
		return fmt.Errorf("%s %s answered %d without a problem: %w", method, path, w.status, err)
	}
	seconds, _ := strconv.Atoi(w.header.Get("Retry-After")) // absent: 0
	p.retryAfter = time.Duration(seconds) * time.Second
	return p
}

// asking is the request that the message came in, with another method, path and body.
func (c *toolCall) asking(ctx context.Context, method, path, key string, body any) (*http.Request, error) {
	content, err := written(body)
	if err != nil {
		return nil, err
	}
	message, _ := ctx.Value(messageKey{}).(*http.Request)
	r := message.Clone(context.WithValue(ctx, chi.RouteCtxKey, (*chi.Context)(nil))) // it is routed anew
	if r.URL, err = url.Parse(path); err != nil {
		return nil, err
	}
	r.Method, r.RequestURI, r.ContentLength, r.Body = method, path, 0, http.NoBody
	if body != nil {
		r.ContentLength, r.Body = int64(len(content)), io.NopCloser(bytes.NewReader(content))
	}
	for name, value := range map[string]string{
		"Accept": "application/json", "Content-Type": "application/json", idempotency.Header: key, "If-Match": "", "Last-Event-Id": "",
		requestIDHeader: telemetry.RequestID(ctx), "Traceparent": telemetry.Carrier(ctx),
	} {
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
	}
	return r, nil
}

// kept is an answer that stays in memory.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is part of http.ResponseWriter.
func (w *kept) Header() http.Header { return w.header }

// WriteHeader is part of http.ResponseWriter.
func (w *kept) WriteHeader(status int) { w.status = status }

// Write is part of http.ResponseWriter.
func (w *kept) Write(text []byte) (int, error) { return w.body.Write(text) }
