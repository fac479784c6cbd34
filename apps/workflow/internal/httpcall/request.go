// Package httpcall makes the HTTP requests that nodes and tools of type http describe.
package httpcall

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
)

// Request is the config of an http node, with every expression resolved.
type Request struct {
	Method     string                     `json:"method"`
	URL        string                     `json:"url"`
	Headers    map[string]json.RawMessage `json:"headers,omitempty"` // texts, numbers, true, false; null leaves one out
	Query      map[string]json.RawMessage `json:"query,omitempty"`   // as Headers, or a list of such
	Body       json.RawMessage            `json:"body,omitempty"`    // a text is sent as it is, anything else as JSON
	Idempotent *bool                      `json:"idempotent,omitempty"`
	Success    []int                      `json:"success,omitempty"`
	Credential string                     `json:"credential,omitempty"` // its id; the secret joins the request alone
}

const (
	maxURL     = 8192
	maxHeaders = 100
	maxHeader  = 8192
)

// IsIdempotent says whether the request may be repeated when its first try was cut.
func (r Request) IsIdempotent() bool {
	if r.Idempotent != nil {
		return *r.Idempotent
	}
	return slices.Contains([]string{"", "GET", "HEAD", "PUT", "DELETE", "OPTIONS"}, strings.ToUpper(r.Method))
}

func (r Request) succeeds(status int) bool {
	if len(r.Success) == 0 {
		return status >= 200 && status <= 299
	}
	return slices.Contains(r.Success, status)
}

// method is GET if there is none.
func (r Request) method() (string, *node.Failure) {
	method := strings.ToUpper(r.Method)
	if method == "" {
		method = "GET"
	}
	if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, method) {
		return "", invalid("method must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, got %q", r.Method)
	}
	return method, nil
}

// address is the URL with the query added to it.
func (r Request) address(ctx context.Context) (*url.URL, *node.Failure) {
	if len(r.URL) > maxURL {
		return nil, invalid("url has %d characters, at most %d are allowed", len(r.URL), maxURL)
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		// The parser's error quotes the URL, which may hold a password.
		return nil, invalid("url is not a valid URL: write it as https://host/path, with other characters as %%20 and the like")
	}
	if err := outbound.CheckURL(u); err != nil {
		return nil, failed(ctx, err, "url "+outbound.Redacted(u))
	}
	query := u.Query()
	for name, raw := range r.Query {
		values, ok := scalars(raw)
		if !ok {
			return nil, invalid("query.%s must be a text, a number, true, false, or a list of these", name)
		}
		for _, value := range values {
			query.Add(name, value)
		}
	}
	if len(r.Query) > 0 {
		u.RawQuery = query.Encode()
	}
	return u, nil
}

// headers leaves alone what belongs to the connection.
func (r Request) headers() (map[string]string, *node.Failure) {
	if len(r.Headers) > maxHeaders {
		return nil, invalid("there are %d headers, at most %d are allowed", len(r.Headers), maxHeaders)
	}
	headers := map[string]string{}
	for name, raw := range r.Headers {
		values, ok := scalars(raw)
		switch {
		case !ok || len(values) > 1:
			return nil, invalid("headers.%s must be a text, a number, true or false", name)
		case len(values) == 0:
			continue
		case !Settable(name):
			return nil, invalid("headers.%s is no header that can be set here", name)
		case len(values[0]) > maxHeader || !httpguts.ValidHeaderFieldValue(values[0]):
			return nil, invalid("headers.%s has more than %d characters, or a line break", name, maxHeader)
		}
		headers[name] = values[0]
	}
	return headers, nil
}

// Settable says whether a request may have a header of this name that the connection does not make itself.
func Settable(name string) bool {
	return httpguts.ValidHeaderFieldName(name) && !slices.Contains([]string{
		"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive", "proxy-authorization", "proxy-connection",
	}, strings.ToLower(name))
}

// body is what is sent, and its media type.
func (r Request) body() (data []byte, mediaType string) {
	if len(r.Body) == 0 || string(r.Body) == "null" {
		return nil, ""
	}
	var text string
	if json.Unmarshal(r.Body, &text) == nil {
		return []byte(text), "text/plain; charset=utf-8"
	}
	return r.Body, "application/json"
}

// scalars reads a text, a number, true or false, or a list of them; null is none.
func scalars(raw json.RawMessage) (values []string, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	for _, item := range list {
		switch item := item.(type) {
		case nil:
		case string, bool, json.Number:
			values = append(values, fmt.Sprint(item))
		default:
			return nil, false
		}
	}
	return values, true
}

func invalid(format string, arguments ...any) *node.Failure {
	failure := node.Fail(node.CodeInvalidInput, format, arguments...)
	failure.Final = true
	return failure
}
