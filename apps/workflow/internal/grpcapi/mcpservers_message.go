package grpcapi

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// mostPolicies bounds the tools with a policy of their own.
const mostPolicies = 128

// wanted checks what is asked for.
func (m *MCPServers) wanted(ctx context.Context, workspace string, request *workflowv1.CreateMCPServerRequest) (store.MCPServer, error) {
	server := store.MCPServer{Name: request.GetName(), URL: request.GetUrl(), Credential: request.GetCredentialId(), ToolApprovals: map[string]string{}}
	if err := named(server.Name); err != nil {
		return server, err
	}
	address, err := url.Parse(server.URL)
	if err != nil || len(server.URL) > mostURL || outbound.CheckURL(address) != nil {
		return server, refuse("url", problem.CodeInvalidFormat, "url must be the http(s) address of a server that speaks MCP over streamable HTTP, of at most %d characters, without a password", mostURL)
	}
	if err := m.checkCredential(ctx, workspace, server.Credential, address); err != nil {
		return server, err
	}
	if server.Approval, err = policyOf("approval", request.GetApproval()); err != nil {
		return server, err
	}
	if len(request.GetToolApprovals()) > mostPolicies {
		return server, refuse("tool_approvals", problem.CodeOutOfRange, "tool_approvals has at most %d tools, got %d", mostPolicies, len(request.GetToolApprovals()))
	}
	for tool, policy := range request.GetToolApprovals() {
		if server.ToolApprovals[tool], err = policyOf("tool_approvals", policy); err != nil {
			return server, err
		}
	}
	return server, nil
}

// checkCredential refuses one that could not be sent to the server.
func (m *MCPServers) checkCredential(ctx context.Context, workspace, id string, address *url.URL) error {
	if id == "" {
		return nil
	}
	found, err := m.store.Credential(ctx, workspace, id)
	if err != nil {
		return err
	}
	if origin, _ := credential.Origin(address.Scheme + "://" + address.Host); !slices.Contains(found.Origins, origin) {
		return refuse("credential_id", problem.CodeNotAllowed, "credential %s is not for %s: it may be sent to %s alone", id, origin, strings.Join(found.Origins, ", "))
	}
	return nil
}

func policyOf(field string, policy workflowv1.ApprovalPolicy) (string, error) {
	switch policy {
	case workflowv1.ApprovalPolicy_APPROVAL_POLICY_NEVER:
		return store.ApproveNever, nil
	case workflowv1.ApprovalPolicy_APPROVAL_POLICY_ALWAYS:
		return store.ApproveAlways, nil
	case workflowv1.ApprovalPolicy_APPROVAL_POLICY_ON_WRITE, workflowv1.ApprovalPolicy_APPROVAL_POLICY_UNSPECIFIED:
		return store.ApproveOnWrite, nil
	}
	return "", refuse(field, problem.CodeUnknownValue, "%s must be never, always or on_write, got %d", field, policy)
}

func mcpServerMessage(m store.MCPServer) *workflowv1.MCPServer {
	message := &workflowv1.MCPServer{
		Id: m.ID, Name: m.Name, Url: m.URL, CredentialId: m.Credential, Approval: policyMessage(m.Approval),
		ToolApprovals: map[string]workflowv1.ApprovalPolicy{}, RefreshTime: timestamppb.New(m.RefreshedAt), Created: actorMessage(m.CreatedBy, m.CreatedAt),
	}
	for tool, policy := range m.ToolApprovals {
		message.ToolApprovals[tool] = policyMessage(policy)
	}
	for _, tool := range m.Tools {
		message.Tools = append(message.Tools, &workflowv1.MCPTool{
			Name: tool.Name, Description: tool.Description, InputSchemaJson: string(tool.Schema), ReadOnly: tool.ReadOnly, Idempotent: tool.Idempotent,
		})
	}
	return message
}

func policyMessage(policy string) workflowv1.ApprovalPolicy {
	return workflowv1.ApprovalPolicy(number(workflowv1.ApprovalPolicy_value, approvalPolicyPrefix, policy))
}
