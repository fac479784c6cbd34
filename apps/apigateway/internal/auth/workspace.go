package auth

import (
	"context"
	"net/http"

	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
)

// Enter gives the principal as a caller in the workspace; an empty one stands for the only one there is. A
// workspace that does not exist and one of others get the same answer. Its errors are *[Error].
func (a *Authenticator) Enter(ctx context.Context, p Principal, workspace string) (identity.Caller, error) {
	if workspace != "" && !id.Valid(id.Workspace, workspace) {
		return identity.Caller{}, notAMember("the given id")
	}
	if p.Kind == identity.KindAPIKey {
		if workspace != "" && workspace != p.workspace {
			return identity.Caller{}, forbidden("the API key belongs to workspace %s and cannot act in %s", p.workspace, workspace)
		}
		return identity.Caller{Workspace: p.workspace, Subject: p.Subject, Kind: p.Kind, Role: p.role}, nil
	}
	c := identity.Caller{Workspace: workspace, Subject: p.Subject, Kind: p.Kind}
	var failure *Error
	if workspace == "" {
		c.Workspace, c.Role, failure = a.only(ctx, p.Subject)
	} else {
		c.Role, failure = a.member(ctx, p.Subject, workspace)
	}
	if failure != nil {
		return identity.Caller{}, failure
	}
	return c, nil
}

func (a *Authenticator) member(ctx context.Context, user, workspace string) (identity.Role, *Error) {
	role, found, err := a.accounts.RoleIn(ctx, user, workspace)
	switch {
	case err != nil:
		return "", unavailable("the database of members", err)
	case !found:
		return "", notAMember(workspace)
	}
	return role, nil
}

func (a *Authenticator) only(ctx context.Context, user string) (string, identity.Role, *Error) {
	memberships, err := a.accounts.Memberships(ctx, user)
	switch {
	case err != nil:
		return "", "", unavailable("the database of members", err)
	case len(memberships) == 0:
		return "", "", &Error{
			Status: http.StatusForbidden, Code: CodeNoWorkspace,
			Message: "you are a member of no workspace: create one with POST /v1/workspaces, or ask to be added to one",
		}
	case len(memberships) > 1:
		return "", "", &Error{
			Status: http.StatusBadRequest, Code: CodeAmbiguous,
			Message: "you are a member of several workspaces: name one in the header " + WorkspaceHeader + "; GET /v1/workspaces lists them",
		}
	}
	return memberships[0].Workspace, memberships[0].Role, nil
}

func notAMember(workspace string) *Error {
	return forbidden("there is no workspace %s, or you are not a member of it; GET /v1/workspaces lists yours", workspace)
}
