package grpcapi

import (
	"strings"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// permissions is what each method asks of the caller's role. A method without a line is refused to
// everybody, so a new one cannot be open by oversight.
func permissions() map[string]identity.Permission {
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
	}
}

// open says whether a method needs no caller: it tells about the process and about nobody's data.
func open(method string) bool {
	return method == workflowv1.EngineService_GetEngineInfo_FullMethodName ||
		strings.HasPrefix(method, "/"+healthpb.Health_ServiceDesc.ServiceName+"/") ||
		strings.HasPrefix(method, "/grpc.reflection.")
}
