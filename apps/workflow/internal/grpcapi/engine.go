package grpcapi

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/internal/buildinfo"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Engine answers for the engine process itself.
type Engine struct {
	workflowv1.UnimplementedEngineServiceServer
	start time.Time
	types []string
}

// NewEngine is the engine that starts now and runs these node types.
func NewEngine(nodeTypes []string) *Engine {
	return &Engine{start: time.Now(), types: slices.Sorted(slices.Values(nodeTypes))}
}

// GetEngineInfo tells the build, the start time and the node types.
func (e *Engine) GetEngineInfo(context.Context, *workflowv1.GetEngineInfoRequest) (*workflowv1.GetEngineInfoResponse, error) {
	return &workflowv1.GetEngineInfoResponse{
		Version:   buildinfo.Version(),
		StartTime: timestamppb.New(e.start),
		NodeTypes: e.types,
	}, nil
}
