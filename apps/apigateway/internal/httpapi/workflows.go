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

// Workflow is a document's life: one draft that may change, and published versions that never do.
type Workflow struct {
	ID               string          `json:"id" example:"wfl_01jcz3x8v9k2m4n6p8q0r2s4t6"`
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

func workflow(w *workflowv1.Workflow) Workflow {
	return Workflow{
		ID: w.GetId(), Name: w.GetName(), Description: w.GetDescription(), Document: raw(w.GetDocumentJson()),
		Revision: w.GetRevision(), PublishedVersion: w.GetPublishedVersion(),
		CreatedAt: moment(w.GetCreated().GetTime()), CreatedBy: actor(w.GetCreated()),
		UpdatedAt: moment(w.GetUpdated().GetTime()), UpdatedBy: actor(w.GetUpdated()),
	}
}

type workflowOutput struct {
	ETag     string `header:"ETag" doc:"The revision, for If-Match."`
	Location string `header:"Location" doc:"Where the new workflow is."`
	Body     Workflow
}

func workflowAnswer(w *workflowv1.Workflow, problems []*workflowv1.Problem) *workflowOutput {
	body := workflow(w)
	if len(problems) > 0 {
		body.Problems = mapped(problems, fault)
	}
	return &workflowOutput{ETag: etag(w.GetRevision()), Body: body}
}

// DocumentBody is a document as it was written: the engine checks it, and keeps its order and its numbers.
type DocumentBody struct {
	RawBody []byte `contentType:"application/json"`
}

type WorkflowPath struct {
	ID string `path:"id" maxLength:"64" example:"wfl_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

func (s *Server) workflows() {
	tag := "Workflows"
	register(s, operation{
		id: "create-workflow", method: http.MethodPost, path: "/v1/workflows", tag: tag, summary: "Create a workflow",
		detail: "The body is the document itself. It becomes the draft; a draft may have problems, which the answer lists.",
		access: may(identity.WorkflowsWrite), status: http.StatusCreated, limit: maxDocument, example: exampleDocument(), verbatim: true,
	}, s.createWorkflow)
	register(s, operation{
		id: "list-workflows", method: http.MethodGet, path: "/v1/workflows", tag: tag, summary: "List workflows, the newest first",
		access: may(identity.WorkflowsRead),
	}, s.listWorkflows)
	register(s, operation{
		id: "get-workflow", method: http.MethodGet, path: "/v1/workflows/{id}", tag: tag, summary: "Get a workflow with its draft",
		access: may(identity.WorkflowsRead), errors: []int{http.StatusNotFound},
	}, s.getWorkflow)
	register(s, operation{
		id: "update-workflow", method: http.MethodPut, path: "/v1/workflows/{id}", tag: tag, summary: "Replace the draft",
		detail: "The body is the document itself.",
		access: may(identity.WorkflowsWrite), limit: maxDocument, example: exampleDocument(), verbatim: true,
		errors: []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusUnprocessableEntity},
	}, s.updateWorkflow)
	register(s, operation{
		id: "delete-workflow", method: http.MethodDelete, path: "/v1/workflows/{id}", tag: tag, summary: "Delete a workflow",
		detail: "Runs of it go on.",
		access: may(identity.WorkflowsWrite), errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.deleteWorkflow)
	register(s, operation{
		id: "validate-workflow", method: http.MethodPost, path: "/v1/workflows:validate", tag: tag, summary: "Check a document without storing it",
		detail: "The body is the document itself.",
		access: may(identity.WorkflowsWrite), status: http.StatusOK, limit: maxDocument, example: exampleDocument(), verbatim: true,
	}, s.validateWorkflow)
}

func (s *Server) createWorkflow(ctx context.Context, in *DocumentBody) (*workflowOutput, error) {
	answer, err := s.engine.Workflows.CreateWorkflow(ctx, &workflowv1.CreateWorkflowRequest{DocumentJson: string(in.RawBody)})
	if err != nil {
		return nil, err
	}
	out := workflowAnswer(answer.GetWorkflow(), answer.GetProblems())
	out.Location = "/v1/workflows/" + answer.GetWorkflow().GetId()
	return out, nil
}

func (s *Server) listWorkflows(ctx context.Context, in *struct {
	Paging
	Name string `query:"name" maxLength:"100" doc:"Only names that contain this, in any case."`
}) (*listOutput[Workflow], error) {
	answer, err := s.engine.Workflows.ListWorkflows(ctx, &workflowv1.ListWorkflowsRequest{Page: in.proto(), NameContains: in.Name})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetWorkflows(), answer.GetNextToken(), workflow), nil
}

func (s *Server) getWorkflow(ctx context.Context, in *WorkflowPath) (*workflowOutput, error) {
	answer, err := s.engine.Workflows.GetWorkflow(ctx, &workflowv1.GetWorkflowRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return workflowAnswer(answer.GetWorkflow(), nil), nil
}

func (s *Server) updateWorkflow(ctx context.Context, in *struct {
	WorkflowPath
	Conditional
	DocumentBody
}) (*workflowOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	answer, err := s.engine.Workflows.UpdateWorkflow(ctx, &workflowv1.UpdateWorkflowRequest{
		Id: in.ID, DocumentJson: string(in.RawBody), Revision: revision,
	})
	if err != nil {
		return nil, in.explain(err)
	}
	return workflowAnswer(answer.GetWorkflow(), answer.GetProblems()), nil
}

func (s *Server) deleteWorkflow(ctx context.Context, in *struct {
	WorkflowPath
	Conditional
}) (*struct{}, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	_, err = s.engine.Workflows.DeleteWorkflow(ctx, &workflowv1.DeleteWorkflowRequest{Id: in.ID, Revision: revision})
	return nil, in.explain(err)
}

// Verdict is what the check of a document or a node found.
type Verdict struct {
	Valid    bool    `json:"valid" doc:"Whether there are no problems."`
	Problems []Fault `json:"problems" nullable:"false"`
}

type verdictOutput struct{ Body Verdict }

func verdict(problems []*workflowv1.Problem) *verdictOutput {
	return &verdictOutput{Verdict{Valid: len(problems) == 0, Problems: mapped(problems, fault)}}
}

func (s *Server) validateWorkflow(ctx context.Context, in *DocumentBody) (*verdictOutput, error) {
	answer, err := s.engine.Workflows.ValidateDocument(ctx, &workflowv1.ValidateDocumentRequest{DocumentJson: string(in.RawBody)})
	if err != nil {
		return nil, err
	}
	return verdict(answer.GetProblems()), nil
}
