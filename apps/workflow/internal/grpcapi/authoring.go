package grpcapi

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"google.golang.org/grpc"

	"github.com/agentteam/agentteam/apps/workflow/internal/authoring"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Bounds of what a model is asked to write.
const (
	maxDescribed  = 20_000 // characters of a description or an instruction
	usualAttempts = 3
	maxAttempts   = 5
)

// Authoring is the AuthoringService.
type Authoring struct {
	workflowv1.UnimplementedAuthoringServiceServer
	store   *store.Store
	library authoring.Checker
	author  *authoring.Author
}

// NewAuthoring makes the service.
func NewAuthoring(s *store.Store, checker authoring.Checker, author *authoring.Author) *Authoring {
	return &Authoring{store: s, library: checker, author: author}
}

// GenerateWorkflow streams how a new workflow comes to be. Each draft is kept at once, also when the caller has left: it was paid for.
func (a *Authoring) GenerateWorkflow(request *workflowv1.GenerateWorkflowRequest, stream grpc.ServerStreamingServer[workflowv1.GenerateWorkflowResponse]) error {
	ctx := stream.Context()
	caller, err := callerOf(ctx)
	if err != nil {
		return err
	}
	order, err := a.order(ctx, caller, "description", request.GetDescription(), request.GetWriter())
	if err != nil {
		return err
	}
	var kept store.Document
	emit := func(e *workflowv1.AuthoringEvent) error {
		return stream.Send(&workflowv1.GenerateWorkflowResponse{Event: e})
	}
	return a.write(ctx, order, emit, func(d authoring.Draft) (map[string]any, error) {
		kept, err = a.keep(context.WithoutCancel(ctx), caller, kept, d)
		return map[string]any{"workflow_id": kept.ID, "revision": kept.Revision}, err
	}, func(data map[string]any, _ authoring.Draft) error {
		if kept.ID != "" {
			data["workflow_id"], data["revision"] = kept.ID, kept.Revision
		}
		return nil
	})
}

// keep makes a workflow of the first draft, and puts the following ones in its place.
func (a *Authoring) keep(ctx context.Context, caller identity.Caller, kept store.Document, d authoring.Draft) (store.Document, error) {
	name, description := titles(d.Document)
	draft := store.Draft{Text: d.Document, Name: name, Description: description, By: store.ActorOf(caller)}
	if kept.ID == "" {
		return a.store.Workflows().Create(ctx, caller.Workspace, draft)
	}
	return a.store.Workflows().Update(ctx, caller.Workspace, kept.ID, kept.Revision, draft)
}

// write lets the author write, and tells how it ended: conclude adds what the last event has beside what is the same for all. A failure of
// it is told as that of a model is.
func (a *Authoring) write(ctx context.Context, order authoring.Order, emit func(*workflowv1.AuthoringEvent) error,
	keep func(authoring.Draft) (map[string]any, error), conclude func(map[string]any, authoring.Draft) error,
) error {
	tell := func(e authoring.Event) error {
		data, err := json.Marshal(e.Data)
		if err != nil {
			return err
		}
		return emit(&workflowv1.AuthoringEvent{Type: e.Type, DataJson: string(data)})
	}
	draft, err := a.author.Write(ctx, order, authoring.Observer{Emit: tell, Keep: keep})
	failure, failed := errors.AsType[*node.Failure](err)
	if err != nil && !failed || ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	data := map[string]any{"attempts": draft.Attempt, "usage": draft.Used, "unsupported": listOf(draft.Unsupported)}
	if draft.Document != "" {
		data["document"] = json.RawMessage(draft.Document)
	}
	err = conclude(data, draft)
	if late, ok := errors.AsType[*node.Failure](err); ok {
		failure, failed = late, true
	} else if err != nil {
		return err
	}
	if !failed {
		return tell(authoring.Event{Type: "done", Data: data})
	}
	data["code"], data["message"], data["problems"] = failure.Code, failure.Message, listOf(draft.Problems)
	return tell(authoring.Event{Type: "failed", Data: data})
}

// listOf is no null in JSON.
func listOf[T any](values []T) []T {
	if values == nil {
		return []T{}
	}
	return values
}

// order checks what the caller asks for. Field is that of the text.
func (a *Authoring) order(ctx context.Context, caller identity.Caller, field, words string, w *workflowv1.Writer) (o authoring.Order, err error) {
	if strings.TrimSpace(words) == "" {
		return o, refuse(field, problem.CodeMissingField, "%s must say what is wanted", field)
	}
	if err := text(field, words, maxDescribed); err != nil {
		return o, err
	}
	if err := a.usable(ctx, caller, w); err != nil {
		return o, err
	}
	attempts := int(w.GetMaxAttempts())
	if attempts == 0 {
		attempts = usualAttempts
	}
	if attempts < 1 || attempts > maxAttempts {
		return o, refuse("max_attempts", problem.CodeOutOfRange, "max_attempts must be from 1 to %d, got %d", maxAttempts, attempts)
	}
	budget, err := budgetOf(w.GetBudget())
	return authoring.Order{
		Workspace: caller.Workspace, By: store.ActorOf(caller), Provider: w.GetProvider(), Model: w.GetModel(), Attempts: attempts, Budget: budget, Text: words,
	}, err
}

// usable refuses a model that cannot be asked here.
func (a *Authoring) usable(ctx context.Context, caller identity.Caller, w *workflowv1.Writer) error {
	reason, known := a.library.Catalog(ctx, caller.Workspace).Providers[w.GetProvider()]
	if !known {
		return refuse("provider", problem.CodeUnknownValue, "provider must be openai or anthropic, got %q", w.GetProvider())
	}
	if reason != "" {
		return refuse("provider", problem.CodeUnavailable, "%s", reason)
	}
	const longestModel = 200
	if w.GetModel() == "" {
		return refuse("model", problem.CodeMissingField, "model must be the name of a model of %s", w.GetProvider())
	}
	return text("model", w.GetModel(), longestModel)
}
