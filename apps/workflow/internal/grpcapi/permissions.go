package grpcapi

import (
	"strings"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// permissions is what each method asks of the caller's role. A method without a line is refused to
// everybody, so a new one cannot be open by oversight.
func permissions() map[string]identity.Permission { //nolint:funlen // a table
	return map[string]identity.Permission{
		workflowv1.WorkflowService_CreateWorkflow_FullMethodName:          identity.WorkflowsWrite,
		workflowv1.WorkflowService_GetWorkflow_FullMethodName:             identity.WorkflowsRead,
		workflowv1.WorkflowService_ListWorkflows_FullMethodName:           identity.WorkflowsRead,
		workflowv1.WorkflowService_UpdateWorkflow_FullMethodName:          identity.WorkflowsWrite,
		workflowv1.WorkflowService_DeleteWorkflow_FullMethodName:          identity.WorkflowsWrite,
		workflowv1.WorkflowService_ValidateDocument_FullMethodName:        identity.WorkflowsWrite,
		workflowv1.WorkflowService_PublishWorkflow_FullMethodName:         identity.WorkflowsPublish,
		workflowv1.WorkflowService_GetVersion_FullMethodName:              identity.WorkflowsRead,
		workflowv1.WorkflowService_ListVersions_FullMethodName:            identity.WorkflowsRead,
		workflowv1.WorkflowService_RollbackWorkflow_FullMethodName:        identity.WorkflowsPublish,
		workflowv1.AgentService_CreateAgent_FullMethodName:                identity.AgentsWrite,
		workflowv1.AgentService_GetAgent_FullMethodName:                   identity.AgentsRead,
		workflowv1.AgentService_ListAgents_FullMethodName:                 identity.AgentsRead,
		workflowv1.AgentService_UpdateAgent_FullMethodName:                identity.AgentsWrite,
		workflowv1.AgentService_DeleteAgent_FullMethodName:                identity.AgentsWrite,
		workflowv1.AgentService_ValidateAgent_FullMethodName:              identity.AgentsWrite,
		workflowv1.AgentService_PublishAgent_FullMethodName:               identity.AgentsPublish,
		workflowv1.AgentService_GetAgentVersion_FullMethodName:            identity.AgentsRead,
		workflowv1.AgentService_ListAgentVersions_FullMethodName:          identity.AgentsRead,
		workflowv1.AgentService_RollbackAgent_FullMethodName:              identity.AgentsPublish,
		workflowv1.AuthoringService_GenerateWorkflow_FullMethodName:       identity.WorkflowsWrite,
		workflowv1.AuthoringService_RefineWorkflow_FullMethodName:         identity.WorkflowsWrite,
		workflowv1.EvaluationService_CreateEvaluation_FullMethodName:      identity.WorkflowsWrite,
		workflowv1.EvaluationService_GetEvaluation_FullMethodName:         identity.WorkflowsRead,
		workflowv1.EvaluationService_ListEvaluations_FullMethodName:       identity.WorkflowsRead,
		workflowv1.EvaluationService_UpdateEvaluation_FullMethodName:      identity.WorkflowsWrite,
		workflowv1.EvaluationService_DeleteEvaluation_FullMethodName:      identity.WorkflowsWrite,
		workflowv1.EvaluationService_RunEvaluation_FullMethodName:         identity.RunsStart,
		workflowv1.EvaluationService_GetEvaluationRun_FullMethodName:      identity.RunsRead,
		workflowv1.EvaluationService_ListEvaluationRuns_FullMethodName:    identity.RunsRead,
		workflowv1.EvaluationService_CompareEvaluationRuns_FullMethodName: identity.RunsRead,
		workflowv1.NodeService_ListNodeTypes_FullMethodName:               identity.WorkflowsRead,
		workflowv1.NodeService_ValidateNode_FullMethodName:                identity.WorkflowsWrite,
		workflowv1.NodeService_TestNode_FullMethodName:                    identity.WorkflowsWrite,
		workflowv1.RunService_StartRun_FullMethodName:                     identity.RunsStart,
		workflowv1.RunService_GetRun_FullMethodName:                       identity.RunsRead,
		workflowv1.RunService_ListRuns_FullMethodName:                     identity.RunsRead,
		workflowv1.RunService_ListSteps_FullMethodName:                    identity.RunsRead,
		workflowv1.RunService_CancelRun_FullMethodName:                    identity.RunsControl,
		workflowv1.RunService_RetryRun_FullMethodName:                     identity.RunsControl,
		workflowv1.RunService_ForkRun_FullMethodName:                      identity.RunsControl,
		workflowv1.RunService_ReplayRun_FullMethodName:                    identity.RunsControl,
		workflowv1.RunService_CompareReplay_FullMethodName:                identity.RunsRead,
		workflowv1.RunService_ListRunEvents_FullMethodName:                identity.RunsRead,
		workflowv1.RunService_StreamRunEvents_FullMethodName:              identity.RunsRead,
		workflowv1.RunService_GetArtifact_FullMethodName:                  identity.RunsRead,
		workflowv1.RunService_GetUsage_FullMethodName:                     identity.UsageRead,
		workflowv1.ApprovalService_ListApprovals_FullMethodName:           identity.RunsRead,
		workflowv1.ApprovalService_GetApproval_FullMethodName:             identity.RunsRead,
		workflowv1.ApprovalService_DecideApproval_FullMethodName:          identity.ApprovalsDecide,
		workflowv1.MCPServerService_CreateMCPServer_FullMethodName:        identity.ToolsWrite,
		workflowv1.MCPServerService_GetMCPServer_FullMethodName:           identity.ToolsRead,
		workflowv1.MCPServerService_ListMCPServers_FullMethodName:         identity.ToolsRead,
		workflowv1.MCPServerService_RefreshMCPServer_FullMethodName:       identity.ToolsWrite,
		workflowv1.MCPServerService_DeleteMCPServer_FullMethodName:        identity.ToolsWrite,
		workflowv1.CredentialService_CreateCredential_FullMethodName:      identity.ToolsWrite,
		workflowv1.CredentialService_GetCredential_FullMethodName:         identity.ToolsRead,
		workflowv1.CredentialService_ListCredentials_FullMethodName:       identity.ToolsRead,
		workflowv1.CredentialService_DeleteCredential_FullMethodName:      identity.ToolsWrite,
		workflowv1.ScheduleService_CreateSchedule_FullMethodName:          identity.TriggersManage,
		workflowv1.ScheduleService_GetSchedule_FullMethodName:             identity.RunsRead,
		workflowv1.ScheduleService_ListSchedules_FullMethodName:           identity.RunsRead,
		workflowv1.ScheduleService_UpdateSchedule_FullMethodName:          identity.TriggersManage,
		workflowv1.ScheduleService_DeleteSchedule_FullMethodName:          identity.TriggersManage,
		workflowv1.ScheduleService_PauseSchedule_FullMethodName:           identity.RunsControl,
		workflowv1.ScheduleService_ResumeSchedule_FullMethodName:          identity.RunsControl,
		workflowv1.ScheduleService_TriggerSchedule_FullMethodName:         identity.RunsStart,
		workflowv1.ScheduleService_ListTicks_FullMethodName:               identity.RunsRead,
		workflowv1.WebhookService_CreateWebhook_FullMethodName:            identity.TriggersManage,
		workflowv1.WebhookService_GetWebhook_FullMethodName:               identity.RunsRead,
		workflowv1.WebhookService_ListWebhooks_FullMethodName:             identity.RunsRead,
		workflowv1.WebhookService_DeleteWebhook_FullMethodName:            identity.TriggersManage,
		workflowv1.EndpointService_CreateEndpoint_FullMethodName:          identity.TriggersManage,
		workflowv1.EndpointService_GetEndpoint_FullMethodName:             identity.TriggersManage,
		workflowv1.EndpointService_ListEndpoints_FullMethodName:           identity.TriggersManage,
		workflowv1.EndpointService_UpdateEndpoint_FullMethodName:          identity.TriggersManage,
		workflowv1.EndpointService_DeleteEndpoint_FullMethodName:          identity.TriggersManage,
		workflowv1.EndpointService_ListDeliveries_FullMethodName:          identity.TriggersManage,
		workflowv1.EndpointService_Redeliver_FullMethodName:               identity.TriggersManage,
		workflowv1.EndpointService_RotateEndpointSecret_FullMethodName:    identity.TriggersManage,
		workflowv1.ThreadService_CreateThread_FullMethodName:              identity.MemoryWrite,
		workflowv1.ThreadService_GetThread_FullMethodName:                 identity.MemoryRead,
		workflowv1.ThreadService_ListThreads_FullMethodName:               identity.MemoryRead,
		workflowv1.ThreadService_DeleteThread_FullMethodName:              identity.MemoryWrite,
		workflowv1.ThreadService_ListMessages_FullMethodName:              identity.MemoryRead,
		workflowv1.ThreadService_AppendMessages_FullMethodName:            identity.MemoryWrite,
		workflowv1.MemoryService_GetMemory_FullMethodName:                 identity.MemoryRead,
		workflowv1.MemoryService_ListMemory_FullMethodName:                identity.MemoryRead,
		workflowv1.MemoryService_PutMemory_FullMethodName:                 identity.MemoryWrite,
		workflowv1.MemoryService_DeleteMemory_FullMethodName:              identity.MemoryWrite,
		workflowv1.DocumentService_GetDocument_FullMethodName:             identity.MemoryRead,
		workflowv1.DocumentService_ListDocuments_FullMethodName:           identity.MemoryRead,
		workflowv1.DocumentService_SearchDocuments_FullMethodName:         identity.MemoryRead,
		workflowv1.DocumentService_PutDocument_FullMethodName:             identity.MemoryWrite,
		workflowv1.DocumentService_DeleteDocument_FullMethodName:          identity.MemoryWrite,
	}
}

// open says whether a method needs no caller: it tells about the process and about nobody's data, or has an authority of its own.
func open(method string) bool {
	return method == workflowv1.EngineService_GetEngineInfo_FullMethodName ||
		method == workflowv1.WebhookService_ReceiveWebhook_FullMethodName ||
		strings.HasPrefix(method, "/"+healthpb.Health_ServiceDesc.ServiceName+"/") ||
		strings.HasPrefix(method, "/grpc.reflection.")
}
