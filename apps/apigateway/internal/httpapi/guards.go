package httpapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/apps/apigateway/internal/auth"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/telemetry"
)

// workspaceSegment is the path parameter that names the workspace an operation acts in.
const workspaceSegment = "workspace"

// admitted finds out who asks, bounds how often, and refuses whose role does not allow the operation. It is the one
// place where permissions are checked in the gateway; the engine checks them again.
func (s *Server) admitted(o operation, next http.Handler) http.Handler {
	if o.access.public {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := s.admit(w, r, o.access)
		if err != nil {
			s.problemOf(r.Context(), err).write(w, r)
			return
		}
		if o.access.permission != "" {
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) admit(w http.ResponseWriter, r *http.Request, asked access) (context.Context, error) {
	ctx := r.Context()
	who, err := s.auth.Identify(ctx, r)
	if err != nil {
		return nil, err
	}
	x := exchangeOf(ctx)
	x.principal = who
	decision := s.limiter.Subject(ctx, who.Kind, who.Subject)
	decision.SetHeaders(w.Header())
	if !decision.Allowed {
		return nil, newProblem(http.StatusTooManyRequests, codeLimited, "too many requests; slow down and come back after Retry-After seconds")
	}
	if asked.permission == "" {
		return ctx, nil
	}
	caller, err := s.enter(ctx, who, workspaceOf(r))
	if err != nil {
		return nil, err
	}
	x.caller = caller
	if !caller.May(asked.permission) {
		return nil, newProblem(http.StatusForbidden, codeForbidden, fmt.Sprintf(
			"the role %s does not allow %s; ask an owner or an admin of the workspace", caller.Role, asked.permission))
	}
	if asked.permission.Personal() && r.Header.Get(identity.RunHeader) != "" {
		return nil, newProblem(http.StatusForbidden, codeForbidden, fmt.Sprintf(
			"%s is for people: a request that a run makes (its header %s says so) is refused, whatever its key allows", asked.permission, identity.RunHeader))
	}
	return identity.Into(ctx, caller), nil
}

// workspaceOf is the workspace that the request names: in its path, else in its header.
func workspaceOf(r *http.Request) string {
	if named := r.PathValue(workspaceSegment); named != "" {
		return named
	}
	return r.Header.Get(auth.WorkspaceHeader)
}

func (s *Server) enter(ctx context.Context, who auth.Principal, workspace string) (identity.Caller, error) {
	caller, err := s.auth.Enter(ctx, who, workspace)
	caller.RequestID = telemetry.RequestID(ctx)
	return caller, err
}

// memberships are the workspaces where the principal may act.
func (s *Server) memberships(ctx context.Context, who auth.Principal) ([]accounts.Membership, error) {
	if who.Kind == identity.KindUser {
		return s.accounts.Memberships(ctx, who.Subject)
	}
	caller, err := s.enter(ctx, who, "")
	if err != nil {
		return nil, err
	}
	return []accounts.Membership{{Workspace: caller.Workspace, Role: caller.Role}}, nil
}

// callerOf is the caller that the guard let in.
func callerOf(ctx context.Context) identity.Caller {
	c, _ := identity.From(ctx)
	return c
}
