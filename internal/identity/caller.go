// Package identity says who acts, where, and what they may do. The gateway finds it out and hands it to
// the engine as a signed assertion, because the engine's port is open to other tasks.
package identity

import (
	"context"
	"fmt"
)

// MetadataKey is where an assertion travels in a gRPC call.
const MetadataKey = "agentteam-identity"

// The kinds of callers.
const (
	KindUser   = "user"
	KindAPIKey = "api_key"
)

// maxNameBytes bounds each text of a caller. Supabase's subjects are UUIDs, our ids have 30 bytes.
const maxNameBytes = 255

// Caller is who sent a request, in the workspace that the request acts in.
type Caller struct {
	Workspace string
	Subject   string // the user's id in Supabase, or the API key's id
	Kind      string // KindUser or KindAPIKey
	Role      Role
	RequestID string // joins the logs of both services
}

// May says whether the caller's role allows the action.
func (c Caller) May(p Permission) bool { return c.Role.May(p) }

// check refuses callers that no gateway would assert.
func (c Caller) check() error {
	for name, text := range map[string]string{"workspace": c.Workspace, "subject": c.Subject} {
		if text == "" {
			return fmt.Errorf("the caller's %s is empty", name)
		}
	}
	for name, text := range map[string]string{"workspace": c.Workspace, "subject": c.Subject, "request id": c.RequestID} {
		if len(text) > maxNameBytes {
			return fmt.Errorf("the caller's %s must have at most %d bytes, got %d", name, maxNameBytes, len(text))
		}
	}
	if c.Kind != KindUser && c.Kind != KindAPIKey {
		return fmt.Errorf("the caller's kind must be %s or %s, got %q", KindUser, KindAPIKey, c.Kind)
	}
	if !c.Role.Valid() {
		return fmt.Errorf("the caller's role must be one of %v, got %q", Roles(), c.Role)
	}
	return nil
}

type callerKey struct{}

// Into gives a context that carries the caller.
func Into(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From gives the caller that Into put there.
func From(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
