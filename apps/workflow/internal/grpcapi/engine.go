package grpcapi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/internal/buildinfo"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Engine answers for the engine process itself.
type Engine struct {
	workflowv1.UnimplementedEngineServiceServer
	start time.Time
}

// NewEngine is the engine that starts now.
func NewEngine() *Engine { return &Engine{start: time.Now()} }

// GetEngineInfo tells the build and the start time. No node type runs yet, so the list is empty.
func (e *Engine) GetEngineInfo(context.Context, *workflowv1.GetEngineInfoRequest) (*workflowv1.GetEngineInfoResponse, error) {
	return &workflowv1.GetEngineInfoResponse{
		Version:   buildinfo.Version(),
		StartTime: timestamppb.New(e.start),
	}, nil
}
