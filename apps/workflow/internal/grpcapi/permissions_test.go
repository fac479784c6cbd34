package grpcapi

import (
	"log/slog"
	"net"
	"testing"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// TestEveryMethodAsksForAPermission goes through what is registered, so that a new method needs a decision.
func TestEveryMethodAsksForAPermission(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	server := New(listener, Services{
		Engine: workflowv1.UnimplementedEngineServiceServer{}, Workflows: workflowv1.UnimplementedWorkflowServiceServer{},
		Agents: workflowv1.UnimplementedAgentServiceServer{}, Nodes: workflowv1.UnimplementedNodeServiceServer{}, Runs: workflowv1.UnimplementedRunServiceServer{},
		Authoring: workflowv1.UnimplementedAuthoringServiceServer{}, Evaluations: workflowv1.UnimplementedEvaluationServiceServer{},
		Approvals: workflowv1.UnimplementedApprovalServiceServer{}, Credentials: workflowv1.UnimplementedCredentialServiceServer{},
		MCPServers: workflowv1.UnimplementedMCPServerServiceServer{}, Schedules: workflowv1.UnimplementedScheduleServiceServer{},
		Webhooks: workflowv1.UnimplementedWebhookServiceServer{}, Endpoints: workflowv1.UnimplementedEndpointServiceServer{}, Threads: workflowv1.UnimplementedThreadServiceServer{},
		Memory: workflowv1.UnimplementedMemoryServiceServer{}, Documents: workflowv1.UnimplementedDocumentServiceServer{},
	}, Options{Log: slog.New(slog.DiscardHandler)})
	registered := map[string]bool{}
	for service, info := range server.grpc.GetServiceInfo() {
		for _, method := range info.Methods {
			name := "/" + service + "/" + method.Name
			registered[name] = true
			if _, decided := permissions()[name]; decided == open(name) {
				t.Errorf("%s must be either open or in the table of permissions", name)
			}
		}
	}
	for name := range permissions() {
		if !registered[name] {
			t.Errorf("the table of permissions has %s, which is not served", name)
		}
	}
}
