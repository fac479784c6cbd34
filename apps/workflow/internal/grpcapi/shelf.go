package grpcapi

import (
	"context"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// shelf is what the services of workflows and of agents have in common: drafts, and the versions published of them.
type shelf struct {
	documents store.Documents
	// check says what keeps a document from being published.
	check func(ctx context.Context, workspace, text string) []problem.Problem
	// The kinds of the page tokens.
	list, versionList string
}

// create keeps a new draft, and says what keeps it from being published.
func (s shelf) create(ctx context.Context, text string) (store.Document, []problem.Problem, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return store.Document{}, nil, err
	}
	draft, problems, err := s.draft(ctx, caller, text)
	if err != nil {
		return store.Document{}, nil, err
	}
	created, err := s.documents.Create(ctx, caller.Workspace, draft)
	return created, problems, err
}

func (s shelf) get(ctx context.Context, id string) (store.Document, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return store.Document{}, err
	}
	return s.documents.Get(ctx, caller.Workspace, id)
}

// page lists documents, the newest first. Next is empty on the last page.
func (s shelf) page(ctx context.Context, page *workflowv1.Page, nameContains string) (found []store.Document, next string, err error) {
	return list[store.Document, store.Document]{
		s.list, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.Document, error) {
			if err := text("name_contains", nameContains, maxName); err != nil {
				return nil, err
			}
			return s.documents.List(ctx, workspace, nameContains, after, limit)
		},
		func(one store.Document) (time.Time, string) { return one.CreatedAt, one.ID }, asIs[store.Document],
	}.page(ctx, page)
}

// update replaces the draft.
func (s shelf) update(ctx context.Context, id string, revision int64, text string) (store.Document, []problem.Problem, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return store.Document{}, nil, err
	}
	if err := checkRevision(revision); err != nil {
		return store.Document{}, nil, err
	}
	draft, problems, err := s.draft(ctx, caller, text)
	if err != nil {
		return store.Document{}, nil, err
	}
	updated, err := s.documents.Update(ctx, caller.Workspace, id, revision, draft)
	return updated, problems, err
}

// remove hides a document and its versions.
func (s shelf) remove(ctx context.Context, id string, revision int64) error {
	caller, err := callerOf(ctx)
	if err != nil {
		return err
	}
	if err := checkRevision(revision); err != nil {
		return err
	}
	return s.documents.Delete(ctx, caller.Workspace, id, revision)
}

// validate checks a document without keeping it.
func (s shelf) validate(ctx context.Context, text string) ([]problem.Problem, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return s.check(ctx, caller.Workspace, text), nil
}

// draft is what is kept of a document, and what keeps it from being published.
func (s shelf) draft(ctx context.Context, caller identity.Caller, text string) (store.Draft, []problem.Problem, error) {
	problems := s.check(ctx, caller.Workspace, text)
	if err := keepable(text, problems); err != nil {
		return store.Draft{}, nil, err
	}
	name, description := titles(text)
	return store.Draft{Text: text, Name: name, Description: description, By: store.ActorOf(caller)}, problems, nil
}

func checkRevision(revision int64) error {
	if revision < 0 {
		return refuse("revision", problem.CodeOutOfRange, "revision must be 0, for whichever there is, or more, got %d", revision)
	}
	return nil
}
