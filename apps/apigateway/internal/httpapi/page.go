package httpapi

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Paging are the query parameters of every list.
type Paging struct {
	PageSize  int32  `query:"page_size" minimum:"1" maximum:"200" default:"50" doc:"At most so many items."`
	PageToken string `query:"page_token" maxLength:"1024" doc:"The next_page_token of the page before."`
}

func (p Paging) proto() *workflowv1.Page {
	return &workflowv1.Page{Size: p.PageSize, Token: p.PageToken}
}

// list is one page of things.
type list[T any] struct {
	Items         []T    `json:"items" nullable:"false"`
	NextPageToken string `json:"next_page_token" doc:"Empty on the last page."`
}

// listOutput answers a list.
type listOutput[T any] struct{ Body list[T] }

// listOf converts what the engine listed.
func listOf[M, T any](messages []M, token string, convert func(M) T) *listOutput[T] {
	return &listOutput[T]{list[T]{Items: mapped(messages, convert), NextPageToken: token}}
}

// mapped is never nil, so that an empty list is [] in JSON.
func mapped[M, T any](messages []M, convert func(M) T) []T {
	items := make([]T, len(messages))
	for i, m := range messages {
		items[i] = convert(m)
	}
	return items
}

// moment is nil for a time that has not come.
func moment(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.AsTime())
}
