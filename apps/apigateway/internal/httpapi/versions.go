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

// Version is one published, immutable document.
type Version struct {
	WorkflowID  string          `json:"workflow_id"`
	Version     int32           `json:"version" example:"3"`
	Document    json.RawMessage `json:"document,omitempty" doc:"As it was published. Left out of lists."`
	Note        string          `json:"note" doc:"What its publisher said about it."`
	PublishedAt *time.Time      `json:"published_at"`
	PublishedBy *Actor          `json:"published_by"`
}

func version(v *workflowv1.Version) Version {
	return Version{
		WorkflowID: v.GetWorkflowId(), Version: v.GetVersion(), Document: raw(v.GetDocumentJson()), Note: v.GetNote(),
		PublishedAt: moment(v.GetPublished().GetTime()), PublishedBy: actor(v.GetPublished()),
	}
}

// PublishRequest says what is new.
type PublishRequest struct {
	Note string `json:"note,omitempty" maxLength:"2000" doc:"What is new, for people."`
}

// RollbackRequest names the version to publish again.
type RollbackRequest struct {
	Version int32  `json:"version" minimum:"1"`
	Note    string `json:"note,omitempty" maxLength:"2000" doc:"Why, for people."`
}

type versionOutput struct {
	Location string `header:"Location" doc:"Where the new version is."`
	Body     Version
}

func published(v *workflowv1.Version) *versionOutput {
	return &versionOutput{Location: fmt.Sprintf("/v1/workflows/%s/versions/%d", v.GetWorkflowId(), v.GetVersion()), Body: version(v)}
}

func (s *Server) versions() {
	tag := "Versions"
	register(s, operation{
		id: "publish-workflow", method: http.MethodPost, path: "/v1/workflows/{id}:publish", tag: tag, summary: "Publish the draft",
		detail: "The draft becomes the next version, which never changes. A draft with problems is refused with 422, which lists them.",
		access: may(identity.WorkflowsPublish), status: http.StatusCreated, example: map[string]any{"note": "Asks before it sends."},
		errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.publishWorkflow)
	register(s, operation{
		id: "rollback-workflow", method: http.MethodPost, path: "/v1/workflows/{id}:rollback", tag: tag, summary: "Publish an earlier version again",
		detail: "The earlier version's document becomes the next version, and the draft.",
		access: may(identity.WorkflowsPublish), status: http.StatusCreated, example: map[string]any{"version": 2, "note": "Version 3 was too eager."},
		errors: []int{http.StatusNotFound},
	}, s.rollbackWorkflow)
	register(s, operation{
		id: "list-versions", method: http.MethodGet, path: "/v1/workflows/{id}/versions", tag: tag, summary: "List published versions, the newest first",
		access: may(identity.WorkflowsRead), errors: []int{http.StatusNotFound},
	}, s.listVersions)
	register(s, operation{
		id: "get-version", method: http.MethodGet, path: "/v1/workflows/{id}/versions/{version}", tag: tag, summary: "Get a published version",
		access: may(identity.WorkflowsRead), errors: []int{http.StatusNotFound},
	}, s.getVersion)
}

func (s *Server) publishWorkflow(ctx context.Context, in *struct {
	WorkflowPath
	Conditional
	Body *PublishRequest
}) (*versionOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	request := &workflowv1.PublishWorkflowRequest{Id: in.ID, Revision: revision}
	if in.Body != nil {
		request.Note = in.Body.Note
	}
	answer, err := s.engine.Workflows.PublishWorkflow(ctx, request)
	if err != nil {
		return nil, in.explain(err)
	}
	return published(answer.GetVersion()), nil
}

func (s *Server) rollbackWorkflow(ctx context.Context, in *struct {
	WorkflowPath
	Body RollbackRequest
}) (*versionOutput, error) {
	answer, err := s.engine.Workflows.RollbackWorkflow(ctx, &workflowv1.RollbackWorkflowRequest{
		Id: in.ID, Version: in.Body.Version, Note: in.Body.Note,
	})
	if err != nil {
		return nil, err
	}
	return published(answer.GetVersion()), nil
}

func (s *Server) listVersions(ctx context.Context, in *struct {
	WorkflowPath
	Paging
}) (*listOutput[Version], error) {
	answer, err := s.engine.Workflows.ListVersions(ctx, &workflowv1.ListVersionsRequest{WorkflowId: in.ID, Page: in.proto()})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetVersions(), answer.GetNextToken(), version), nil
}

func (s *Server) getVersion(ctx context.Context, in *struct {
	WorkflowPath
	Version int32 `path:"version" minimum:"1"`
}) (*struct{ Body Version }, error) {
	answer, err := s.engine.Workflows.GetVersion(ctx, &workflowv1.GetVersionRequest{WorkflowId: in.ID, Version: in.Version})
	if err != nil {
		return nil, err
	}
	return &struct{ Body Version }{version(answer.GetVersion())}, nil
}
