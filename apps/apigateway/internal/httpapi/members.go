package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/internal/identity"
)

// Member is a user in a workspace.
type Member struct {
	UserID    string        `json:"user_id" doc:"The user's id in Supabase."`
	Email     string        `json:"email" doc:"Empty if nobody said."`
	Role      identity.Role `json:"role" enum:"owner,admin,editor,operator,viewer"`
	CreatedAt time.Time     `json:"created_at"`
}

func member(m accounts.Member) Member {
	return Member{UserID: m.UserID, Email: m.Email, Role: m.Role, CreatedAt: m.CreatedAt.UTC()}
}

// MemberRequest is what a user is to be in the workspace.
type MemberRequest struct {
	Role  identity.Role `json:"role" enum:"owner,admin,editor,operator,viewer"`
	Email string        `json:"email,omitempty" maxLength:"320" doc:"For people. Left out, the one that is known stays."`
}

// MemberPath names a member.
type MemberPath struct {
	WorkspacePath
	User string `path:"user" maxLength:"255" doc:"The user's id in Supabase." example:"8b5e2d9c-3f0a-4b77-9d1e-2a6c5f0e1b34"`
}

func (s *Server) members() {
	tag := "Workspaces"
	register(s, operation{
		id: "list-members", method: http.MethodGet, path: "/v1/workspaces/{workspace}/members", tag: tag, summary: "List the members",
		access: may(identity.WorkspaceRead), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *WorkspacePath) (*listOutput[Member], error) {
		found, err := s.accounts.Members(ctx, callerOf(ctx))
		return listOf(found, "", member), err
	})
	register(s, operation{
		id: "put-member", method: http.MethodPut, path: "/v1/workspaces/{workspace}/members/{user}", tag: tag, summary: "Add a member, or change the role",
		detail: "Only an owner makes or changes owners, and the last one stays owner.",
		access: may(identity.MembersManage), example: map[string]any{"role": "editor", "email": "ada@example.com"},
		errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *struct {
		MemberPath
		Body MemberRequest
	}) (*struct{ Body Member }, error) {
		put, err := s.accounts.PutMember(ctx, callerOf(ctx), accounts.User{ID: in.User, Email: in.Body.Email}, in.Body.Role)
		return &struct{ Body Member }{member(put)}, err
	})
	register(s, operation{
		id: "delete-member", method: http.MethodDelete, path: "/v1/workspaces/{workspace}/members/{user}", tag: tag, summary: "Remove a member, or leave",
		detail: "Everybody may leave, except the last owner; removing others takes members.manage.",
		access: may(identity.WorkspaceRead), errors: []int{http.StatusNotFound, http.StatusConflict},
	}, func(ctx context.Context, in *MemberPath) (*struct{}, error) {
		return nil, s.accounts.RemoveMember(ctx, callerOf(ctx), in.User)
	})
}
