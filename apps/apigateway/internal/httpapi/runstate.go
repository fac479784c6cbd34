package httpapi

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// RunState is a run with what holds it up.
type RunState struct {
	Run
	PendingApprovals []Question `json:"pending_approvals,omitempty" nullable:"false" doc:"What people are asked before the run goes on. No tool decides it."`
}

// Question is an approval as an agent may know it: without the digest that a decision needs.
type Question struct {
	ID          string     `json:"id" example:"apr_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Step        string     `json:"step"`
	Kind        string     `json:"kind" enum:"approval,input,tool_call"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	RequestedAt *time.Time `json:"requested_at"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty"`
}

func question(a Approval) Question {
	return Question{
		ID: a.ID, Step: a.Step, Kind: a.Kind, Title: a.Title, Description: a.Description, RequestedAt: a.RequestedAt, ExpiresAt: a.ExpiresAt,
	}
}

// awaited is a run's state after it was waited for.
func (c *toolCall) awaited(ctx context.Context, of RunChoice, wait int) (state RunState, err error) {
	if err := c.get(ctx, of.path(), nil, &state.Run); err != nil {
		return state, err
	}
	if wait > 0 && goesOn(state.Status) {
		c.await(ctx, of.Run, state.LastSeq, time.Duration(wait)*time.Second)
		state = RunState{}
		if err := c.get(ctx, of.path(), nil, &state.Run); err != nil {
			return state, err
		}
	}
	if state.Status != "paused" && !goesOn(state.Status) {
		return state, nil
	}
	var page list[Approval]
	query := url.Values{"run_id": {of.Run}, "status": {"pending"}}
	if err := c.get(ctx, "/v1/approvals", query, &page); err != nil {
		return state, err
	}
	state.PendingApprovals = mapped(page.Items, question)
	return state, nil
}

// goesOn says whether a run moves without people.
func goesOn(status string) bool { return status == "queued" || status == "running" }

// await returns when the run has ended or waits for people, when the wait is over, or when this process leaves. What went wrong the next
// question will tell.
func (c *toolCall) await(ctx context.Context, run string, after int64, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	defer context.AfterFunc(c.server.stopping, cancel)()
	_ = c.server.engine.Follow(ctx, run, after, func(batch []*workflowv1.RunEvent) error {
		c.progress(ctx, batch)
		if slices.ContainsFunc(batch, func(e *workflowv1.RunEvent) bool { return e.GetType() == "run.paused" }) {
			return errSeen
		}
		return nil
	})
}

// progress tells a client that asked for it how far the run is. Pieces of messages are not worth a notification.
func (c *toolCall) progress(ctx context.Context, batch []*workflowv1.RunEvent) {
	token := c.request.Params.GetProgressToken()
	if token == nil {
		return
	}
	for _, e := range slices.Backward(batch) {
		if e.GetType() == "message.delta" {
			continue
		}
		_ = c.request.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ // the client may have left
			ProgressToken: token, Progress: float64(e.GetSeq()), Message: strings.TrimSpace(e.GetType() + " " + e.GetStep()),
		})
		return
	}
}
