package grpcapi

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const (
	maxNote      = 1_000 // characters
	publishTries = 3     // of a draft that others change at the same time
)

// publish makes the draft the next version, if it has no problem.
func (s shelf) publish(ctx context.Context, id string, revision int64, note string) (v store.Version, err error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return v, err
	}
	if err := checkRevision(revision); err != nil {
		return v, err
	}
	if err := text("note", note, maxNote); err != nil {
		return v, err
	}
	for range publishTries {
		v, err = s.publishOnce(ctx, caller, id, revision, note)
		if !errors.Is(err, store.ErrStale) || revision != store.AnyRevision {
			break
		}
	}
	return v, err
}

// publishOnce names the revision that it checked, so that no other is published.
func (s shelf) publishOnce(ctx context.Context, caller identity.Caller, id string, wanted int64, note string) (store.Version, error) {
	draft, err := s.documents.Get(ctx, caller.Workspace, id)
	if err != nil {
		return store.Version{}, err
	}
	revision := draft.Revision
	if wanted != store.AnyRevision && wanted != revision {
		revision = wanted // the store says what is wrong with it
	} else if problems := s.check(ctx, caller.Workspace, draft.Text); len(problems) > 0 {
		return store.Version{}, unfit("the draft", problems)
	}
	return s.documents.Publish(ctx, caller.Workspace, id, revision, note, store.ActorOf(caller))
}

// version gives a version with its document.
func (s shelf) version(ctx context.Context, id string, version int32) (store.Version, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return store.Version{}, err
	}
	if version < 0 {
		return store.Version{}, refuse("version", problem.CodeOutOfRange, "version must be 1 or more, or 0 for the newest, got %d", version)
	}
	return s.documents.Version(ctx, caller.Workspace, id, version)
}

// versions lists versions, the newest first. The page tokens hold a number instead of an id.
func (s shelf) versions(ctx context.Context, id string, page *workflowv1.Page) (found []store.Version, next string, err error) {
	return list[store.Version, store.Version]{
		s.versionList, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.Version, error) {
			below, _ := strconv.ParseInt(after.ID, 10, 32) // a token that somebody made up is the beginning
			return s.documents.Versions(ctx, workspace, id, int32(below), limit)
		},
		func(one store.Version) (time.Time, string) { return one.PublishedAt, strconv.Itoa(int(one.Version)) }, asIs[store.Version],
	}.page(ctx, page)
}

// rollback publishes an earlier version's document again. What cannot run any more is not.
func (s shelf) rollback(ctx context.Context, id string, version int32, note string) (store.Version, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return store.Version{}, err
	}
	if err := text("note", note, maxNote); err != nil {
		return store.Version{}, err
	}
	if version < 1 {
		return store.Version{}, refuse("version", problem.CodeOutOfRange, "version must be that of an earlier version, 1 or more, got %d", version)
	}
	earlier, err := s.documents.Version(ctx, caller.Workspace, id, version)
	if err != nil {
		return store.Version{}, err
	}
	if problems := s.check(ctx, caller.Workspace, earlier.Text); len(problems) > 0 {
		return store.Version{}, unfit("that version", problems)
	}
	name, description := titles(earlier.Text)
	return s.documents.Rollback(ctx, caller.Workspace, id, version, name, description, note, store.ActorOf(caller))
}
