package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/agentteam/agentteam/internal/identity"
)

// Me is who a token belongs to.
type Me struct {
	Subject    string     `json:"subject" doc:"The user's id in Supabase, or the API key's id."`
	Kind       string     `json:"kind" enum:"user,api_key"`
	Email      string     `json:"email,omitempty"`
	Workspaces []MyAccess `json:"workspaces" nullable:"false" doc:"Where the token may act. An API key acts in one."`
}

// MyAccess is a workspace that a token may act in.
type MyAccess struct {
	ID          string                `json:"id"`
	Role        identity.Role         `json:"role" enum:"owner,admin,editor,operator,viewer"`
	Permissions []identity.Permission `json:"permissions" nullable:"false" doc:"What the role allows."`
}

func (s *Server) me() {
	permissions := permissionsOf() // the same for every request
	register(s, operation{
		id: "get-me", method: http.MethodGet, path: "/v1/me", tag: "Me", summary: "Tell whom the token belongs to, and where it may act",
		access: signedIn(),
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body Me }, error) { return s.getMe(ctx, permissions) })
}

func (s *Server) getMe(ctx context.Context, permissions map[identity.Role][]identity.Permission) (*struct{ Body Me }, error) {
	who := exchangeOf(ctx).principal
	memberships, err := s.memberships(ctx, who)
	if err != nil {
		return nil, err
	}
	me := Me{Subject: who.Subject, Kind: who.Kind, Email: who.Email, Workspaces: make([]MyAccess, 0, len(memberships))}
	for _, m := range memberships {
		me.Workspaces = append(me.Workspaces, MyAccess{ID: m.Workspace, Role: m.Role, Permissions: permissions[m.Role]})
	}
	return &struct{ Body Me }{me}, nil
}

// permissionsOf gives what each role allows, in the order of all permissions.
func permissionsOf() map[identity.Role][]identity.Permission {
	table := map[identity.Role][]identity.Permission{}
	for _, role := range identity.Roles() {
		table[role] = slices.DeleteFunc(identity.Permissions(), func(p identity.Permission) bool { return !role.May(p) })
	}
	return table
}
