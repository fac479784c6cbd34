package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
	"github.com/agentteam/agentteam/internal/identity"
)

// Workspace is a tenant: nothing of one is seen in another.
type Workspace struct {
	ID        string        `json:"id" example:"wsp_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Name      string        `json:"name"`
	Role      identity.Role `json:"role" enum:"owner,admin,editor,operator,viewer" doc:"Of who asks."`
	CreatedAt time.Time     `json:"created_at"`
}

func workspace(w accounts.Workspace) Workspace {
	return Workspace{ID: w.ID, Name: w.Name, Role: w.Role, CreatedAt: w.CreatedAt.UTC()}
}

// WorkspaceRequest names a workspace.
type WorkspaceRequest struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
}

// WorkspacePath names a workspace; the caller acts in it.
type WorkspacePath struct {
	Workspace string `path:"workspace" maxLength:"64" example:"wsp_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

type workspaceOutput struct {
	Location string `header:"Location"`
	Body     Workspace
}

func (s *Server) workspaces() {
	tag := "Workspaces"
	example := map[string]any{"name": "Research"}
	register(s, operation{
		id: "list-workspaces", method: http.MethodGet, path: "/v1/workspaces", tag: tag, summary: "List the workspaces that the token may act in",
		access: signedIn(),
	}, s.listWorkspaces)
	register(s, operation{
		id: "create-workspace", method: http.MethodPost, path: "/v1/workspaces", tag: tag, summary: "Create a workspace",
		detail: "Its creator is its owner. API keys cannot create any.",
		access: signedIn(), status: http.StatusCreated, example: example, errors: []int{http.StatusForbidden},
	}, s.createWorkspace)
	register(s, operation{
		id: "get-workspace", method: http.MethodGet, path: "/v1/workspaces/{workspace}", tag: tag, summary: "Get a workspace",
		access: may(identity.WorkspaceRead), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *WorkspacePath) (*workspaceOutput, error) {
		found, err := s.accounts.Workspace(ctx, callerOf(ctx))
		return &workspaceOutput{Body: workspace(found)}, err
	})
	register(s, operation{
		id: "update-workspace", method: http.MethodPatch, path: "/v1/workspaces/{workspace}", tag: tag, summary: "Rename a workspace",
		access: may(identity.WorkspaceManage), example: example, errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	}, s.updateWorkspace)
	register(s, operation{
		id: "delete-workspace", method: http.MethodDelete, path: "/v1/workspaces/{workspace}", tag: tag, summary: "Delete a workspace",
		detail: "With everything in it: members, keys, workflows, runs. There is no way back.",
		access: may(identity.WorkspaceDelete), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *WorkspacePath) (*struct{}, error) {
		return nil, s.accounts.DeleteWorkspace(ctx, callerOf(ctx))
	})
}

func (s *Server) listWorkspaces(ctx context.Context, _ *struct{}) (*listOutput[Workspace], error) {
	who := exchangeOf(ctx).principal
	if who.Kind == identity.KindUser {
		found, err := s.accounts.Workspaces(ctx, who.Subject)
		return listOf(found, "", workspace), err
	}
	caller, err := s.enter(ctx, who, "")
	if err != nil {
		return nil, err
	}
	own, err := s.accounts.Workspace(ctx, caller)
	return listOf([]accounts.Workspace{own}, "", workspace), err
}

func (s *Server) createWorkspace(ctx context.Context, in *struct{ Body WorkspaceRequest }) (*workspaceOutput, error) {
	who := exchangeOf(ctx).principal
	if who.Kind != identity.KindUser {
		return nil, newProblem(http.StatusForbidden, codeForbidden, "an API key belongs to one workspace and cannot create others; sign in as a user")
	}
	created, err := s.accounts.CreateWorkspace(ctx, accounts.User{ID: who.Subject, Email: who.Email}, in.Body.Name)
	return &workspaceOutput{Location: "/v1/workspaces/" + created.ID, Body: workspace(created)}, err
}

func (s *Server) updateWorkspace(ctx context.Context, in *struct {
	WorkspacePath
	Body WorkspaceRequest
}) (*workspaceOutput, error) {
	renamed, err := s.accounts.RenameWorkspace(ctx, callerOf(ctx), in.Body.Name)
	return &workspaceOutput{Body: workspace(renamed)}, err
}
