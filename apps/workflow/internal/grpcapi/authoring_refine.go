package grpcapi

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"

	"github.com/agentteam/agentteam/apps/workflow/internal/authoring"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// RefineWorkflow streams how a draft is changed. The draft in the tables is replaced by one without problems alone, and only if nobody
// has changed it meanwhile; in any case the last event has what the model wrote.
func (a *Authoring) RefineWorkflow(request *workflowv1.RefineWorkflowRequest, stream grpc.ServerStreamingServer[workflowv1.RefineWorkflowResponse]) error {
	ctx := stream.Context()
	caller, err := callerOf(ctx)
	if err != nil {
		return err
	}
	if err := checkRevision(request.GetRevision()); err != nil {
		return err
	}
	before, err := a.store.Workflows().Get(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return err
	}
	if wanted := request.GetRevision(); wanted != store.AnyRevision && wanted != before.Revision {
		return fmt.Errorf("the draft of workflow %s is at revision %d, not %d: %w", before.ID, before.Revision, wanted, store.ErrStale)
	}
	order, err := a.order(ctx, caller, "instruction", request.GetInstruction(), request.GetWriter())
	if err != nil {
		return err
	}
	order.Current = before.Text
	emit := func(e *workflowv1.AuthoringEvent) error {
		return stream.Send(&workflowv1.RefineWorkflowResponse{Event: e})
	}
	return a.write(ctx, order, emit, func(authoring.Draft) (map[string]any, error) {
		return map[string]any{"workflow_id": before.ID}, nil
	}, func(data map[string]any, d authoring.Draft) error {
		return a.refined(context.WithoutCancel(ctx), caller, request.GetDryRun(), before, d, data)
	})
}

// refined keeps a draft without problems, and tells what is other in it.
func (a *Authoring) refined(ctx context.Context, caller identity.Caller, dryRun bool, before store.Document, d authoring.Draft, data map[string]any) error {
	data["workflow_id"], data["revision"], data["dry_run"] = before.ID, before.Revision, dryRun
	if d.Document == "" {
		return nil
	}
	patch, err := jsontree.Patch(before.Text, d.Document)
	if err != nil {
		return err
	}
	data["patch"] = patch
	if dryRun || len(d.Problems) > 0 {
		return nil
	}
	kept, err := a.keep(ctx, caller, before, d)
	if errors.Is(err, store.ErrStale) {
		return node.Fail(node.CodeStale, "%s", err)
	}
	if err == nil {
		data["revision"] = kept.Revision
	}
	return err
}
