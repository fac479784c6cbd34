//nolint:dupl // agents are to be used as workflows are, by messages of their own
package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Agent is the life of an agent's document: one draft that may change, and published versions that never do.
type Agent struct {
	ID               string          `json:"id" example:"agt_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Name             string          `json:"name" doc:"The draft's."`
	Description      string          `json:"description"`
	Document         json.RawMessage `json:"document,omitempty" doc:"The draft, as it was written. Left out of lists."`
	Revision         int64           `json:"revision" doc:"Grows by one with each change of the draft; also the ETag."`
	PublishedVersion int32           `json:"published_version" doc:"The newest published version; 0 when there is none."`
	CreatedAt        *time.Time      `json:"created_at"`
	CreatedBy        *Actor          `json:"created_by"`
	UpdatedAt        *time.Time      `json:"updated_at"`
	UpdatedBy        *Actor          `json:"updated_by"`
	Problems         []Fault         `json:"problems,omitempty" doc:"What keeps the draft from being published. Only in the answer to a change."`
}

func agent(a *workflowv1.Agent) Agent {
	return Agent{
		ID: a.GetId(), Name: a.GetName(), Description: a.GetDescription(), Document: raw(a.GetDocumentJson()),
		Revision: a.GetRevision(), PublishedVersion: a.GetPublishedVersion(),
		CreatedAt: moment(a.GetCreated().GetTime()), CreatedBy: actor(a.GetCreated()),
		UpdatedAt: moment(a.GetUpdated().GetTime()), UpdatedBy: actor(a.GetUpdated()),
	}
}

type agentOutput struct {
	ETag     string `header:"ETag" doc:"The revision, for If-Match."`
	Location string `header:"Location" doc:"Where the new agent is."`
	Body     Agent
}

func agentAnswer(a *workflowv1.Agent, problems []*workflowv1.Problem) *agentOutput {
	body := agent(a)
	if len(problems) > 0 {
		body.Problems = mapped(problems, fault)
	}
	return &agentOutput{ETag: etag(a.GetRevision()), Body: body}
}

// AgentPath names an agent.
type AgentPath struct {
	ID string `path:"id" maxLength:"64" example:"agt_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

func (s *Server) agents() {
	tag := "Agents"
	register(s, operation{
		id: "create-agent", method: http.MethodPost, path: "/v1/agents", tag: tag, summary: "Create an agent",
		detail: "The body is the agent's document: a name, and the config of an agent node without a prompt. It becomes the draft; a draft may have problems, which the answer lists.",
		access: may(identity.AgentsWrite), status: http.StatusCreated, limit: maxDocument, example: exampleAgent(), verbatim: true,
	}, s.createAgent)
	register(s, operation{
		id: "list-agents", method: http.MethodGet, path: "/v1/agents", tag: tag, summary: "List agents, the newest first",
		access: may(identity.AgentsRead),
	}, s.listAgents)
	register(s, operation{
		id: "get-agent", method: http.MethodGet, path: "/v1/agents/{id}", tag: tag, summary: "Get an agent with its draft",
		access: may(identity.AgentsRead), errors: []int{http.StatusNotFound},
	}, s.getAgent)
	register(s, operation{
		id: "update-agent", method: http.MethodPut, path: "/v1/agents/{id}", tag: tag, summary: "Replace the draft",
		detail: "The body is the document itself.",
		access: may(identity.AgentsWrite), limit: maxDocument, example: exampleAgent(), verbatim: true,
		errors: []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusUnprocessableEntity},
	}, s.updateAgent)
	register(s, operation{
		id: "delete-agent", method: http.MethodDelete, path: "/v1/agents/{id}", tag: tag, summary: "Delete an agent",
		detail: "Published workflows that name a version of it go on.",
		access: may(identity.AgentsWrite), errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.deleteAgent)
	register(s, operation{
		id: "validate-agent", method: http.MethodPost, path: "/v1/agents:validate", tag: tag, summary: "Check an agent without storing it",
		detail: "The body is the document itself.",
		access: may(identity.AgentsWrite), status: http.StatusOK, limit: maxDocument, example: exampleAgent(), verbatim: true,
	}, s.validateAgent)
}

func (s *Server) createAgent(ctx context.Context, in *DocumentBody) (*agentOutput, error) {
	answer, err := s.engine.Agents.CreateAgent(ctx, &workflowv1.CreateAgentRequest{DocumentJson: string(in.RawBody)})
	if err != nil {
		return nil, err
	}
	out := agentAnswer(answer.GetAgent(), answer.GetProblems())
	out.Location = "/v1/agents/" + answer.GetAgent().GetId()
	return out, nil
}

func (s *Server) listAgents(ctx context.Context, in *struct {
	Paging
	Name string `query:"name" maxLength:"100" doc:"Only names that contain this, in any case."`
}) (*listOutput[Agent], error) {
	answer, err := s.engine.Agents.ListAgents(ctx, &workflowv1.ListAgentsRequest{Page: in.proto(), NameContains: in.Name})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetAgents(), answer.GetNextToken(), agent), nil
}

func (s *Server) getAgent(ctx context.Context, in *AgentPath) (*agentOutput, error) {
	answer, err := s.engine.Agents.GetAgent(ctx, &workflowv1.GetAgentRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return agentAnswer(answer.GetAgent(), nil), nil
}

func (s *Server) updateAgent(ctx context.Context, in *struct {
	AgentPath
	Conditional
	DocumentBody
}) (*agentOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	answer, err := s.engine.Agents.UpdateAgent(ctx, &workflowv1.UpdateAgentRequest{Id: in.ID, DocumentJson: string(in.RawBody), Revision: revision})
	if err != nil {
		return nil, in.explain(err)
	}
	return agentAnswer(answer.GetAgent(), answer.GetProblems()), nil
}

func (s *Server) deleteAgent(ctx context.Context, in *struct {
	AgentPath
	Conditional
}) (*struct{}, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	_, err = s.engine.Agents.DeleteAgent(ctx, &workflowv1.DeleteAgentRequest{Id: in.ID, Revision: revision})
	return nil, in.explain(err)
}

func (s *Server) validateAgent(ctx context.Context, in *DocumentBody) (*verdictOutput, error) {
	answer, err := s.engine.Agents.ValidateAgent(ctx, &workflowv1.ValidateAgentRequest{DocumentJson: string(in.RawBody)})
	if err != nil {
		return nil, err
	}
	return verdict(answer.GetProblems()), nil
}
