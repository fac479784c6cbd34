package grpcapi

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// guard lets a call in if its caller is asserted by the gateway and may do what it asks for.
type guard struct {
	key         string // INTERNAL_AUTH_KEY
	permissions map[string]identity.Permission
}

// admit gives the context that the method runs in, which carries the caller and the request's id.
func (g *guard) admit(ctx context.Context, method string) (context.Context, error) {
	if open(method) {
		return ctx, nil
	}
	caller, err := g.caller(ctx)
	if err != nil {
		return ctx, status.Error(codes.Unauthenticated, err.Error())
	}
	ctx = telemetry.WithRequestID(identity.Into(ctx, caller), caller.RequestID)
	permission, known := g.permissions[method]
	if !known {
		return ctx, status.Errorf(codes.PermissionDenied, "%s is open to nobody", method)
	}
	if !caller.May(permission) {
		return ctx, status.Errorf(codes.PermissionDenied,
			"the role %s does not allow %s; ask an owner or an admin of the workspace", caller.Role, permission)
	}
	return ctx, nil
}

func (g *guard) caller(ctx context.Context) (identity.Caller, error) {
	assertions := metadata.ValueFromIncomingContext(ctx, identity.MetadataKey)
	if len(assertions) != 1 {
		return identity.Caller{}, fmt.Errorf("the call needs one assertion of its caller in the metadata %s, got %d", identity.MetadataKey, len(assertions))
	}
	return identity.Verify(g.key, assertions[0], time.Now())
}

// callerOf is the caller that the guard let in. Without one the call came past the guard, which is a fault of
// ours, so it gets nothing.
func callerOf(ctx context.Context) (identity.Caller, error) {
	caller, ok := identity.From(ctx)
	if !ok {
		return identity.Caller{}, status.Error(codes.Unauthenticated, "the call has no caller")
	}
	return caller, nil
}
