//nolint:dupl // agents are to be used as workflows are, by messages of their own
package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// AgentVersion is one published, immutable agent.
type AgentVersion struct {
	AgentID     string          `json:"agent_id"`
	Version     int32           `json:"version" example:"3"`
	Document    json.RawMessage `json:"document,omitempty" doc:"As it was published. Left out of lists."`
	Note        string          `json:"note" doc:"What its publisher said about it."`
	PublishedAt *time.Time      `json:"published_at"`
	PublishedBy *Actor          `json:"published_by"`
}

func agentVersion(v *workflowv1.AgentVersion) AgentVersion {
	return AgentVersion{
		AgentID: v.GetAgentId(), Version: v.GetVersion(), Document: raw(v.GetDocumentJson()), Note: v.GetNote(),
		PublishedAt: moment(v.GetPublished().GetTime()), PublishedBy: actor(v.GetPublished()),
	}
}

type agentVersionOutput struct {
	Location string `header:"Location" doc:"Where the new version is."`
	Body     AgentVersion
}

func publishedAgent(v *workflowv1.AgentVersion) *agentVersionOutput {
	return &agentVersionOutput{Location: fmt.Sprintf("/v1/agents/%s/versions/%d", v.GetAgentId(), v.GetVersion()), Body: agentVersion(v)}
}

func (s *Server) agentVersions() {
	tag := "Agents"
	register(s, operation{
		id: "publish-agent", method: http.MethodPost, path: "/v1/agents/{id}:publish", tag: tag, summary: "Publish the draft",
		detail: "The draft becomes the next version, which never changes. A draft with problems is refused with 422, which lists them.",
		access: may(identity.AgentsPublish), status: http.StatusCreated, example: map[string]any{"note": "Names its sources."},
		errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.publishAgent)
	register(s, operation{
		id: "rollback-agent", method: http.MethodPost, path: "/v1/agents/{id}:rollback", tag: tag, summary: "Publish an earlier version again",
		detail: "The earlier version's document becomes the next version, and the draft.",
		access: may(identity.AgentsPublish), status: http.StatusCreated, example: map[string]any{"version": 2, "note": "Version 3 was too eager."},
		errors: []int{http.StatusNotFound},
	}, s.rollbackAgent)
	register(s, operation{
		id: "list-agent-versions", method: http.MethodGet, path: "/v1/agents/{id}/versions", tag: tag, summary: "List published versions, the newest first",
		access: may(identity.AgentsRead), errors: []int{http.StatusNotFound},
	}, s.listAgentVersions)
	register(s, operation{
		id: "get-agent-version", method: http.MethodGet, path: "/v1/agents/{id}/versions/{version}", tag: tag, summary: "Get a published version",
		access: may(identity.AgentsRead), errors: []int{http.StatusNotFound},
	}, s.getAgentVersion)
}

func (s *Server) publishAgent(ctx context.Context, in *struct {
	AgentPath
	Conditional
	Body *PublishRequest
}) (*agentVersionOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	request := &workflowv1.PublishAgentRequest{Id: in.ID, Revision: revision}
	if in.Body != nil {
		request.Note = in.Body.Note
	}
	answer, err := s.engine.Agents.PublishAgent(ctx, request)
	if err != nil {
		return nil, in.explain(err)
	}
	return publishedAgent(answer.GetVersion()), nil
}

func (s *Server) rollbackAgent(ctx context.Context, in *struct {
	AgentPath
	Body RollbackRequest
}) (*agentVersionOutput, error) {
	answer, err := s.engine.Agents.RollbackAgent(ctx, &workflowv1.RollbackAgentRequest{
		Id: in.ID, Version: in.Body.Version, Note: in.Body.Note,
	})
	if err != nil {
		return nil, err
	}
	return publishedAgent(answer.GetVersion()), nil
}

func (s *Server) listAgentVersions(ctx context.Context, in *struct {
	AgentPath
	Paging
}) (*listOutput[AgentVersion], error) {
	answer, err := s.engine.Agents.ListAgentVersions(ctx, &workflowv1.ListAgentVersionsRequest{AgentId: in.ID, Page: in.proto()})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetVersions(), answer.GetNextToken(), agentVersion), nil
}

func (s *Server) getAgentVersion(ctx context.Context, in *struct {
	AgentPath
	Version int32 `path:"version" minimum:"1"`
}) (*struct{ Body AgentVersion }, error) {
	answer, err := s.engine.Agents.GetAgentVersion(ctx, &workflowv1.GetAgentVersionRequest{AgentId: in.ID, Version: in.Version})
	if err != nil {
		return nil, err
	}
	return &struct{ Body AgentVersion }{agentVersion(answer.GetVersion())}, nil
}
