package grpcapi

import (
	"context"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// How often the database is asked, and how long it may take to answer.
const (
	readinessInterval = 2 * time.Second
	readinessTimeout  = 2 * time.Second
)

// needDatabase are the services whose health is the database's. The health of the whole ("") and of EngineService
// is the process's own: replacing tasks while the database is away would mend nothing.
func needDatabase() []string {
	return []string{
		workflowv1.WorkflowService_ServiceDesc.ServiceName, workflowv1.NodeService_ServiceDesc.ServiceName,
		workflowv1.RunService_ServiceDesc.ServiceName, workflowv1.ApprovalService_ServiceDesc.ServiceName,
		workflowv1.CredentialService_ServiceDesc.ServiceName, workflowv1.MCPServerService_ServiceDesc.ServiceName,
	}
}

// watchReadiness keeps the services' health right until the context ends. After a drain began, the health
// server keeps NOT_SERVING whatever is set here.
func (s *Server) watchReadiness(ctx context.Context) {
	s.health.SetServingStatus(workflowv1.EngineService_ServiceDesc.ServiceName, healthpb.HealthCheckResponse_SERVING)
	s.report(false)
	ticker := time.NewTicker(readinessInterval)
	defer ticker.Stop()
	for serving := false; ; {
		err := s.askReady(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err == nil) != serving {
			s.log.InfoContext(ctx, "readiness changed", "ready", err == nil, "error", err)
		}
		serving = err == nil
		s.report(serving)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) report(serving bool) {
	status := healthpb.HealthCheckResponse_NOT_SERVING
	if serving {
		status = healthpb.HealthCheckResponse_SERVING
	}
	for _, name := range needDatabase() {
		s.health.SetServingStatus(name, status)
	}
}

func (s *Server) askReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readinessTimeout)
	defer cancel()
	return s.ready(ctx)
}
