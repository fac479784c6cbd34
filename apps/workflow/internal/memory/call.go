package memory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// What a call may do.
const (
	Get    = "get"
	Set    = "set"
	Delete = "delete"
	Search = "search"
)

// Request is one call.
type Request struct {
	Action    string          `json:"action"`
	Namespace string          `json:"namespace,omitempty"` // of get, set and delete
	Key       string          `json:"key,omitempty"`
	Value     json.RawMessage `json:"value,omitempty"` // of set
	TTL       string          `json:"ttl,omitempty"`   // of set; empty: for ever
	Query     string          `json:"query,omitempty"` // of search
	Documents string          `json:"documents,omitempty"`
	Limit     int             `json:"limit,omitempty"`
}

// Client makes calls on a store.
type Client struct{ store *store.Store }

// NewClient makes a client.
func NewClient(s *store.Store) *Client { return &Client{store: s} }

// Do makes a call for a workspace. Each may be made again: a set leaves the same value.
func (c *Client) Do(ctx context.Context, workspace string, r Request) (json.RawMessage, *node.Failure) {
	if r.Action == Search {
		return c.search(ctx, workspace, r)
	}
	for what, name := range map[string]string{"namespace": r.Namespace, "key": r.Key} {
		if fault := CheckName(what, name); fault != "" {
			return nil, refused(fault)
		}
	}
	switch r.Action {
	case Get:
		return c.get(ctx, workspace, r)
	case Set:
		return c.set(ctx, workspace, r)
	case Delete:
		err := c.store.DeleteEntry(ctx, workspace, r.Namespace, r.Key)
		if errors.Is(err, store.ErrNotFound) {
			return encode(map[string]bool{"deleted": false})
		}
		return done(err, map[string]bool{"deleted": true})
	}
	return nil, refused(fmt.Sprintf("action must be get, set, delete or search, got %q", r.Action))
}

func (c *Client) get(ctx context.Context, workspace string, r Request) (json.RawMessage, *node.Failure) {
	entry, err := c.store.Entry(ctx, workspace, r.Namespace, r.Key)
	if errors.Is(err, store.ErrNotFound) {
		return encode(map[string]any{"found": false, "value": nil})
	}
	return done(err, map[string]any{"found": true, "value": json.RawMessage(entry.Value)})
}

func (c *Client) set(ctx context.Context, workspace string, r Request) (json.RawMessage, *node.Failure) {
	var stays time.Duration
	if r.TTL != "" {
		var err error
		if stays, err = time.ParseDuration(r.TTL); err != nil {
			return nil, refused(fmt.Sprintf("ttl must be a duration such as 24h, got %.64q", r.TTL))
		}
	}
	if fault := CheckEntry(string(r.Value), stays); fault != "" {
		return nil, refused(fault)
	}
	if !utf8.Valid(r.Value) {
		return nil, refused("value must be UTF-8")
	}
	_, err := c.store.PutEntry(ctx, workspace, r.Namespace, r.Key, string(r.Value), stays)
	return done(err, map[string]bool{"stored": true})
}

func (c *Client) search(ctx context.Context, workspace string, r Request) (json.RawMessage, *node.Failure) {
	if fault := CheckSearch(r.Query, r.Limit); fault != "" {
		return nil, refused(fault)
	}
	hits, err := c.store.Search(ctx, workspace, store.Search{Query: r.Query, NamePrefix: r.Documents, Limit: Hits(r.Limit)})
	if hits == nil {
		hits = []store.Hit{}
	}
	return done(err, map[string]any{"hits": hits})
}

// done is the result of a call: a refusal of the store is for the caller, anything else passes.
func done(err error, value any) (json.RawMessage, *node.Failure) {
	switch {
	case err == nil:
		return encode(value)
	case errors.Is(err, store.ErrConflict):
		return nil, &node.Failure{Code: node.CodeTooLarge, Message: err.Error(), Final: true}
	}
	return nil, node.Fail(node.CodeUnavailable, "the memory cannot be reached at the moment")
}

func encode(value any) (json.RawMessage, *node.Failure) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, node.Fail(node.CodeInternal, "the result cannot be encoded: %v", err)
	}
	return raw, nil
}

func refused(fault string) *node.Failure {
	return &node.Failure{Code: node.CodeInvalidInput, Message: fault, Final: true}
}
