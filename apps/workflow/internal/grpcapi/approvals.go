package grpcapi

import (
	"context"
	"regexp"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/durable"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// maxComment bounds what a person says about a decision, in characters.
const maxComment = 10_000

// Approvals is the ApprovalService.
type Approvals struct {
	workflowv1.UnimplementedApprovalServiceServer
	store  *store.Store
	runner Runner
	digest *regexp.Regexp
}

// NewApprovals makes the service.
func NewApprovals(s *store.Store, runner Runner) *Approvals {
	return &Approvals{store: s, runner: runner, digest: regexp.MustCompile(`^[0-9a-f]{64}$`)}
}

// GetApproval gives one approval.
func (a *Approvals) GetApproval(ctx context.Context, request *workflowv1.GetApprovalRequest) (*workflowv1.GetApprovalResponse, error) {
	approval, err := a.load(ctx, request.GetId())
	return &workflowv1.GetApprovalResponse{Approval: approval}, err
}

// approvalList is the kind of the page tokens of ListApprovals.
const approvalList = "approvals"

// ListApprovals lists approvals, the newest first. A page with large details is shorter than asked for.
func (a *Approvals) ListApprovals(ctx context.Context, request *workflowv1.ListApprovalsRequest) (*workflowv1.ListApprovalsResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	after, size, err := pageOf(approvalList, request.GetPage())
	if err != nil {
		return nil, err
	}
	only := store.ApprovalFilter{RunID: request.GetRunId()}
	if only.Statuses, err = words("statuses", approvalStatusPrefix, request.GetStatuses()); err != nil {
		return nil, err
	}
	approvals, more, err := a.store.Approvals(ctx, caller.Workspace, only, after, store.PageBounds{Rows: size, Bytes: maxPageBytes})
	if err != nil {
		return nil, err
	}
	answer := &workflowv1.ListApprovalsResponse{}
	for _, approval := range approvals {
		answer.Approvals = append(answer.Approvals, approvalMessage(approval))
	}
	if more {
		last := approvals[len(approvals)-1]
		answer.NextToken = paging.Encode(paging.Cursor{Kind: approvalList, Time: last.RequestedAt, ID: last.ID})
	}
	return answer, nil
}

// DecideApproval records a person's decision.
func (a *Approvals) DecideApproval(ctx context.Context, request *workflowv1.DecideApprovalRequest) (*workflowv1.DecideApprovalResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if !id.Valid(id.Approval, request.GetId()) {
		return nil, store.Missing("approval", request.GetId())
	}
	decision, err := a.decision(request)
	if err != nil {
		return nil, err
	}
	if err := a.runner.Decide(ctx, caller, request.GetId(), decision); err != nil {
		return nil, err
	}
	approval, err := a.load(ctx, request.GetId())
	return &workflowv1.DecideApprovalResponse{Approval: approval}, err
}

func (a *Approvals) load(ctx context.Context, id string) (*workflowv1.Approval, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	approval, err := a.store.Approval(ctx, caller.Workspace, id)
	if err != nil {
		return nil, err
	}
	return approvalMessage(approval), nil
}

func (a *Approvals) decision(request *workflowv1.DecideApprovalRequest) (d durable.Decision, err error) {
	switch request.GetDecision() {
	case workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED:
		d.Status = "approved"
	case workflowv1.ApprovalStatus_APPROVAL_STATUS_REJECTED:
		d.Status = "rejected"
	case workflowv1.ApprovalStatus_APPROVAL_STATUS_SUBMITTED:
		d.Status = "submitted"
	default:
		return d, refuse("decision", "unknown_value", "decision must be APPROVED, REJECTED or SUBMITTED, got %s", request.GetDecision())
	}
	if d.Digest = request.GetDigest(); !a.digest.MatchString(d.Digest) {
		return d, refuse("digest", "invalid_format", "digest must be the approval's own, 64 hexadecimal digits, so that nothing else is decided than was shown")
	}
	d.Comment = request.GetComment()
	if err := text("comment", d.Comment, maxComment); err != nil {
		return d, err
	}
	d.Data, err = value("data_json", request.GetDataJson())
	return d, err
}

func approvalMessage(a store.Approval) *workflowv1.Approval {
	message := &workflowv1.Approval{
		Id:          a.ID,
		RunId:       a.RunID,
		Step:        a.Step,
		Kind:        workflowv1.ApprovalKind(number(workflowv1.ApprovalKind_value, approvalKindPrefix, a.Kind)),
		Status:      workflowv1.ApprovalStatus(number(workflowv1.ApprovalStatus_value, approvalStatusPrefix, a.Status)),
		Title:       a.Title,
		Description: a.Description,
		DetailsJson: a.Details,
		SchemaJson:  a.Form,
		Digest:      a.Digest,
		RequestTime: timestamppb.New(a.RequestedAt),
		ExpireTime:  timestamp(a.ExpiresAt),
		Comment:     a.Comment,
		DataJson:    a.Data,
	}
	if a.DecidedBy != nil && a.DecidedAt != nil {
		message.Decided = actorMessage(*a.DecidedBy, *a.DecidedAt)
	}
	return message
}
