package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Approval is one question to a person: an approval, or a form to fill in.
type Approval struct {
	ID          string          `json:"id" example:"apr_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	RunID       string          `json:"run_id"`
	Step        string          `json:"step"`
	Kind        string          `json:"kind" enum:"approval,input,tool_call"`
	Status      string          `json:"status" enum:"pending,approved,rejected,submitted,expired,canceled"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Details     json.RawMessage `json:"details,omitempty" doc:"What the decision is about."`
	Schema      json.RawMessage `json:"schema,omitempty" doc:"JSON Schema of the form, for inputs."`
	Digest      string          `json:"digest" doc:"SHA-256 of what is decided; a decision repeats it."`
	RequestedAt *time.Time      `json:"requested_at"`
	ExpiresAt   *time.Time      `json:"expires_at,omitempty"`
	DecidedAt   *time.Time      `json:"decided_at,omitempty"`
	DecidedBy   *Actor          `json:"decided_by,omitempty"`
	Comment     string          `json:"comment,omitempty"`
	Data        json.RawMessage `json:"data,omitempty" doc:"What was filled in, for inputs."`
}

func approval(a *workflowv1.Approval) Approval {
	return Approval{
		ID: a.GetId(), RunID: a.GetRunId(), Step: a.GetStep(), Kind: word(a.GetKind()), Status: word(a.GetStatus()),
		Title: a.GetTitle(), Description: a.GetDescription(), Details: raw(a.GetDetailsJson()), Schema: raw(a.GetSchemaJson()), Digest: a.GetDigest(),
		RequestedAt: moment(a.GetRequestTime()), ExpiresAt: moment(a.GetExpireTime()),
		DecidedAt: moment(a.GetDecided().GetTime()), DecidedBy: actor(a.GetDecided()), Comment: a.GetComment(), Data: raw(a.GetDataJson()),
	}
}

// ApprovalPath names an approval.
type ApprovalPath struct {
	ID string `path:"id" maxLength:"64" example:"apr_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

// Decision approves or rejects.
type Decision struct {
	Digest  string `json:"digest" pattern:"^[0-9a-f]{64}$" patternDescription:"the digest that the approval shows" doc:"The digest of what was read; 409 if something else is asked by now."`
	Comment string `json:"comment,omitempty" maxLength:"10000"`
}

// Submission fills a form in.
type Submission struct {
	Decision
	Data json.RawMessage `json:"data" doc:"What the form's schema asks for."`
}

type approvalOutput struct{ Body Approval }

func (s *Server) approvals() {
	tag := "Approvals"
	register(s, operation{
		id: "list-approvals", method: http.MethodGet, path: "/v1/approvals", tag: tag, summary: "List approvals and forms, the newest first",
		access: may(identity.RunsRead),
	}, s.listApprovals)
	register(s, operation{
		id: "get-approval", method: http.MethodGet, path: "/v1/approvals/{id}", tag: tag, summary: "Get an approval",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound},
	}, s.getApproval)
	digest := "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	s.decision("approve", "Approve", workflowv1.ApprovalStatus_APPROVAL_STATUS_APPROVED, digest)
	s.decision("reject", "Reject an approval or a form", workflowv1.ApprovalStatus_APPROVAL_STATUS_REJECTED, digest)
	register(s, operation{
		id: "submit-approval", method: http.MethodPost, path: "/v1/approvals/{id}:submit", tag: tag, summary: "Fill a form in",
		detail: "The first decision counts; 409 for any other after it. Data that does not fit the form is refused with 422.",
		access: may(identity.ApprovalsDecide), status: http.StatusOK, errors: []int{http.StatusNotFound},
		example: map[string]any{"digest": digest, "data": map[string]any{"amount": 12}},
	}, func(ctx context.Context, in *struct {
		ApprovalPath
		Body Submission
	}) (*approvalOutput, error) {
		return s.decide(ctx, in.ID, workflowv1.ApprovalStatus_APPROVAL_STATUS_SUBMITTED, in.Body.Decision, in.Body.Data)
	})
}

// decision registers :approve or :reject.
func (s *Server) decision(verb, summary string, status workflowv1.ApprovalStatus, digest string) {
	register(s, operation{
		id: verb + "-approval", method: http.MethodPost, path: "/v1/approvals/{id}:" + verb, tag: "Approvals", summary: summary,
		detail: "The first decision counts; 409 for any other after it.",
		access: may(identity.ApprovalsDecide), status: http.StatusOK, errors: []int{http.StatusNotFound},
		example: map[string]any{"digest": digest, "comment": "looks right"},
	}, func(ctx context.Context, in *struct {
		ApprovalPath
		Body Decision
	}) (*approvalOutput, error) {
		return s.decide(ctx, in.ID, status, in.Body, nil)
	})
}

func (s *Server) decide(ctx context.Context, id string, status workflowv1.ApprovalStatus, d Decision, data json.RawMessage) (*approvalOutput, error) {
	answer, err := s.engine.Approvals.DecideApproval(ctx, &workflowv1.DecideApprovalRequest{
		Id: id, Digest: d.Digest, Decision: status, Comment: d.Comment, DataJson: string(data),
	})
	if err != nil {
		return nil, err
	}
	return &approvalOutput{approval(answer.GetApproval())}, nil
}

func (s *Server) listApprovals(ctx context.Context, in *struct {
	Paging
	RunID  string   `query:"run_id" maxLength:"64"`
	Status []string `query:"status" maxItems:"6" enum:"pending,approved,rejected,submitted,expired,canceled" doc:"Any of these, with commas between them."`
}) (*listOutput[Approval], error) {
	answer, err := s.engine.Approvals.ListApprovals(ctx, &workflowv1.ListApprovalsRequest{
		Page: in.proto(), RunId: in.RunID, Statuses: values[workflowv1.ApprovalStatus](in.Status),
	})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetApprovals(), answer.GetNextToken(), approval), nil
}

func (s *Server) getApproval(ctx context.Context, in *ApprovalPath) (*approvalOutput, error) {
	answer, err := s.engine.Approvals.GetApproval(ctx, &workflowv1.GetApprovalRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return &approvalOutput{approval(answer.GetApproval())}, nil
}
