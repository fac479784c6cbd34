package grpcapi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/memory"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Memory is the MemoryService.
type Memory struct {
	workflowv1.UnimplementedMemoryServiceServer
	store *store.Store
}

// NewMemory makes the service.
func NewMemory(s *store.Store) *Memory { return &Memory{store: s} }

// GetMemory gives one value.
func (m *Memory) GetMemory(ctx context.Context, request *workflowv1.GetMemoryRequest) (*workflowv1.GetMemoryResponse, error) {
	workspace, err := entryOf(ctx, request)
	if err != nil {
		return nil, err
	}
	entry, err := m.store.Entry(ctx, workspace, request.GetNamespace(), request.GetKey())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetMemoryResponse{Entry: entryMessage(entry)}, nil
}

// PutMemory makes or replaces a value.
func (m *Memory) PutMemory(ctx context.Context, request *workflowv1.PutMemoryRequest) (*workflowv1.PutMemoryResponse, error) {
	workspace, err := entryOf(ctx, request)
	if err != nil {
		return nil, err
	}
	if _, err := value("value_json", request.GetValueJson()); err != nil {
		return nil, err
	}
	if s := request.GetTtlSeconds(); s < 0 || s > int64(memory.MaxTTL/time.Second) {
		return nil, refuse("ttl_seconds", "out_of_range", "ttl_seconds must be from 0, for ever, to %d, got %d", int64(memory.MaxTTL/time.Second), s)
	}
	if fault := memory.CheckEntry(request.GetValueJson(), 0); fault != "" {
		return nil, refuse("value_json", "out_of_range", "%s", fault)
	}
	entry, err := m.store.PutEntry(ctx, workspace, request.GetNamespace(), request.GetKey(), request.GetValueJson(), time.Duration(request.GetTtlSeconds())*time.Second)
	if err != nil {
		return nil, err
	}
	return &workflowv1.PutMemoryResponse{Entry: entryMessage(entry)}, nil
}

// DeleteMemory removes a value.
func (m *Memory) DeleteMemory(ctx context.Context, request *workflowv1.DeleteMemoryRequest) (*workflowv1.DeleteMemoryResponse, error) {
	workspace, err := entryOf(ctx, request)
	if err != nil {
		return nil, err
	}
	return &workflowv1.DeleteMemoryResponse{}, m.store.DeleteEntry(ctx, workspace, request.GetNamespace(), request.GetKey())
}

// memoryList is the kind of the page tokens of ListMemory.
const memoryList = "memory"

// ListMemory lists a namespace, without values.
func (m *Memory) ListMemory(ctx context.Context, request *workflowv1.ListMemoryRequest) (*workflowv1.ListMemoryResponse, error) {
	if fault := memory.CheckName("namespace", request.GetNamespace()); fault != "" {
		return nil, refuse("namespace", "invalid_format", "%s", fault)
	}
	if err := text("key_prefix", request.GetKeyPrefix(), maxPath); err != nil {
		return nil, err
	}
	page, next, err := list[store.Entry, *workflowv1.MemoryEntry]{
		memoryList, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.Entry, error) {
			return m.store.Entries(ctx, workspace, request.GetNamespace(), request.GetKeyPrefix(), after.ID, limit)
		},
		func(one store.Entry) (time.Time, string) { return time.Time{}, one.Key }, entryMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListMemoryResponse{Entries: page, NextToken: next}, nil
}

// entryOf checks the name of an entry, and gives the caller's workspace.
func entryOf(ctx context.Context, request interface {
	GetNamespace() string
	GetKey() string
}) (workspace string, err error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return "", err
	}
	for what, name := range map[string]string{"namespace": request.GetNamespace(), "key": request.GetKey()} {
		if fault := memory.CheckName(what, name); fault != "" {
			return "", refuse(what, "invalid_format", "%s", fault)
		}
	}
	return caller.Workspace, nil
}

func entryMessage(e store.Entry) *workflowv1.MemoryEntry {
	return &workflowv1.MemoryEntry{Namespace: e.Namespace, Key: e.Key, ValueJson: e.Value, UpdateTime: timestamppb.New(e.UpdatedAt), ExpireTime: timestamp(e.ExpiresAt)}
}
