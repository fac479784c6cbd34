// Package replay answers the calls of a run from what another run recorded: the same request gets the same answer, and nobody is
// asked or paid.
package replay

import (
	"context"
	"errors"

	"github.com/agentteam/agentteam/apps/workflow/internal/agent"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// Recordings are the answers of runs; store.Store is it.
type Recordings interface {
	Recording(ctx context.Context, workspace string, at store.CallPlace, digest []byte) (node.CallResult, error)
}

// Performer makes calls, but for those of replays.
type Performer struct {
	next       node.Performer
	recordings Recordings
}

// NewPerformer leaves every call that is not replayed to the next.
func NewPerformer(next node.Performer, recordings Recordings) *Performer {
	return &Performer{next: next, recordings: recordings}
}

// Perform looks for the call of the replayed run that asked the same.
func (p *Performer) Perform(ctx context.Context, id node.CallID, call node.Call, emit func(node.Event)) node.CallResult {
	if id.Replays == "" {
		return p.next.Perform(ctx, id, call, emit)
	}
	at := store.CallPlace{Run: id.Replays, Step: id.Step, Attempt: id.Attempt, Number: call.Number}
	recorded, err := p.recordings.Recording(ctx, id.Workspace, at, call.Digest())
	switch {
	case errors.Is(err, store.ErrNotFound) && id.Live:
		return p.next.Perform(ctx, id, call, emit)
	case errors.Is(err, store.ErrNotFound):
		return failed(&node.Failure{Code: node.CodeNotRecorded, Final: true, Message: "call " + call.Name + " is not among those that run " + id.Replays +
			" recorded, so there is no answer to replay: replay with live_missing to have it made"})
	case err != nil:
		return failed(node.Fail(node.CodeUnavailable, "the recordings of run %s cannot be read at the moment", id.Replays))
	}
	recorded.Number, recorded.Replayed = call.Number, true
	recorded.Events = agent.Replay(call, recorded, emit)
	return recorded
}

func failed(f *node.Failure) node.CallResult {
	return node.CallResult{Status: node.Failed, Failure: f, Replayed: true}
}
