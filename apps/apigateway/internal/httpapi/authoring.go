package httpapi

import (
	"context"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Writer says which model writes, and how much it may take.
type Writer struct {
	Provider    string        `json:"provider" enum:"openai,anthropic"`
	Model       string        `json:"model" minLength:"1" maxLength:"200" example:"gpt-5-mini"`
	MaxAttempts int32         `json:"max_attempts,omitempty" minimum:"1" maximum:"5" doc:"Documents that the model may give until one has no problem; 3 without it."`
	Budget      *WriterBudget `json:"budget,omitempty" doc:"Of all attempts together."`
}

// WriterBudget bounds what writing may consume. What is left out is without a bound.
type WriterBudget struct {
	USD    float64 `json:"usd,omitempty" minimum:"0" maximum:"1000000" example:"0.5"`
	Tokens int64   `json:"tokens,omitempty" minimum:"0" doc:"Input and output tokens together."`
}

func (w Writer) proto() *workflowv1.Writer {
	writer := &workflowv1.Writer{Provider: w.Provider, Model: w.Model, MaxAttempts: w.MaxAttempts}
	if w.Budget != nil {
		writer.Budget = (&Budget{USD: w.Budget.USD, Tokens: w.Budget.Tokens}).proto()
	}
	return writer
}

// GenerateRequest says what a new workflow is to do.
type GenerateRequest struct {
	Writer
	Description string `json:"description" minLength:"1" maxLength:"20000" doc:"What the workflow is to do, in words."`
}

// RefineRequest says what is to become different in a draft.
type RefineRequest struct {
	Writer
	Instruction string `json:"instruction" minLength:"1" maxLength:"20000" doc:"What is to become different, in words."`
	DryRun      bool   `json:"dry_run,omitempty" doc:"Shows the changed draft and keeps nothing."`
}

const authoringDetail = "Server-sent events: attempt.started, delta, reset, draft, problems, repaired, and at the end done or failed; `data` is a JSON object, as " +
	"docs/generate.md describes it. Who leaves before the end ends the call of the model; what it has consumed stands in /v1/usage. "

func (s *Server) authoring() {
	tag := "Workflows"
	writer := map[string]any{"provider": "openai", "model": "gpt-5-mini", "max_attempts": 3, "budget": map[string]any{"usd": 0.5}}
	register(s, operation{
		id: "generate-workflow", method: http.MethodPost, path: "/v1/workflows:generate", tag: tag, summary: "Have a model write a workflow",
		detail: authoringDetail + "Each document that the model gives becomes the draft of the new workflow, the first one with its id.",
		access: may(identity.WorkflowsWrite), status: http.StatusOK, deadline: -1,
		example: with(writer, "description", "Read a web page, summarize it, and ask me before the summary is posted."),
	}, s.generateWorkflow)
	register(s, operation{
		id: "refine-workflow", method: http.MethodPost, path: "/v1/workflows/{id}:refine", tag: tag, summary: "Have a model change the draft",
		detail: authoringDetail + "`done` has the difference as JSON Patch (RFC 6902). Only a document without problems becomes the draft.",
		access: may(identity.WorkflowsWrite), status: http.StatusOK, deadline: -1, errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
		example: with(writer, "instruction", "Ask for an approval before the report is sent."),
	}, s.refineWorkflow)
	for _, path := range []string{"/v1/workflows:generate", "/v1/workflows/{id}:refine"} {
		described := operationOf(s.api.OpenAPI(), http.MethodPost, path)
		described.Responses["200"].Content = map[string]*huma.MediaType{
			eventStream: {Schema: &huma.Schema{Type: huma.TypeString}, Example: "event: attempt.started\ndata: {\"attempt\":1,…}\n\n"},
		}
	}
}

func with(example map[string]any, name string, value any) map[string]any {
	whole := maps.Clone(example)
	whole[name] = value
	return whole
}

func (s *Server) generateWorkflow(ctx context.Context, in *struct{ Body GenerateRequest }) (*eventsOutput, error) {
	stream, err := s.engine.Authoring.GenerateWorkflow(ctx, &workflowv1.GenerateWorkflowRequest{Description: in.Body.Description, Writer: in.Body.proto()})
	if err != nil {
		return nil, err
	}
	return s.authored(func() (*workflowv1.AuthoringEvent, error) {
		answer, err := stream.Recv()
		return answer.GetEvent(), err
	})
}

func (s *Server) refineWorkflow(ctx context.Context, in *struct {
	WorkflowPath
	Conditional
	Body RefineRequest
}) (*eventsOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	stream, err := s.engine.Authoring.RefineWorkflow(ctx, &workflowv1.RefineWorkflowRequest{
		Id: in.ID, Instruction: in.Body.Instruction, Writer: in.Body.proto(), Revision: revision, DryRun: in.Body.DryRun,
	})
	if err != nil {
		return nil, in.explain(err)
	}
	out, err := s.authored(func() (*workflowv1.AuthoringEvent, error) {
		answer, err := stream.Recv()
		return answer.GetEvent(), err
	})
	return out, in.explain(err)
}

// authored waits for the first event, so that what is refused gets a problem and not a stream.
func (s *Server) authored(receive func() (*workflowv1.AuthoringEvent, error)) (*eventsOutput, error) {
	first, err := receive()
	if err != nil {
		return nil, err
	}
	return &eventsOutput{func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		s.authoringStream(r, w, first, receive)
	}}, nil
}
