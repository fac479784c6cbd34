package grpcapi

import (
	"context"
	"time"

	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// pageOf reads what every list is asked with.
func pageOf(list string, page *workflowv1.Page) (after paging.Cursor, size int, err error) {
	after, err = paging.Decode(list, page.GetToken())
	if err != nil {
		return after, 0, refuse("page.token", "invalid_token", "%s", err)
	}
	return after, paging.Size(int(page.GetSize())), nil
}

// list is a list with its own kind of page tokens: how its rows are found, where each stands in its order, and how it is shown.
type list[T, M any] struct {
	kind    string
	find    func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]T, error)
	at      func(T) (time.Time, string)
	message func(T) M
}

// page gives a page of the caller's workspace, and the token of the page after it, if there is one.
func (l list[T, M]) page(ctx context.Context, asked *workflowv1.Page) (page []M, next string, err error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, "", err
	}
	after, size, err := pageOf(l.kind, asked)
	if err != nil {
		return nil, "", err
	}
	found, err := l.find(ctx, caller.Workspace, after, size+1)
	if err != nil {
		return nil, "", err
	}
	if len(found) > size {
		found = found[:size]
		at, id := l.at(found[size-1])
		next = paging.Encode(paging.Cursor{Kind: l.kind, Time: at, ID: id})
	}
	for _, one := range found {
		page = append(page, l.message(one))
	}
	return page, next, nil
}

// asIs is the message of a list whose rows are shown later.
func asIs[T any](one T) T { return one }
