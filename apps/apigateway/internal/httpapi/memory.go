package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// MemoryEntry is one value of the workspace's memory.
type MemoryEntry struct {
	Namespace string          `json:"namespace" example:"users"`
	Key       string          `json:"key" example:"ada"`
	Value     json.RawMessage `json:"value,omitempty" doc:"Left out of lists."`
	UpdatedAt *time.Time      `json:"updated_at"`
	ExpiresAt *time.Time      `json:"expires_at,omitempty" doc:"From then on it is not there."`
}

func memoryEntry(e *workflowv1.MemoryEntry) MemoryEntry {
	return MemoryEntry{Namespace: e.GetNamespace(), Key: e.GetKey(), Value: raw(e.GetValueJson()), UpdatedAt: moment(e.GetUpdateTime()), ExpiresAt: moment(e.GetExpireTime())}
}

// MemoryPath names an entry.
type MemoryPath struct {
	Namespace string `path:"namespace" maxLength:"128" example:"users"`
	Key       string `path:"key" maxLength:"128" example:"ada"`
}

// MemoryRequest is a value to keep.
type MemoryRequest struct {
	Value json.RawMessage `json:"value" doc:"Any JSON of at most 64 KiB."`
	TTL   int64           `json:"ttl_seconds,omitempty" minimum:"1" doc:"For so long it stays; for ever without it."`
}

type memoryOutput struct{ Body MemoryEntry }

func (s *Server) memory() {
	tag := "Memory"
	register(s, operation{
		id: "list-memory", method: http.MethodGet, path: "/v1/memory/{namespace}", tag: tag, summary: "List a namespace by key", access: may(identity.MemoryRead),
	}, s.listMemory)
	register(s, operation{
		id: "get-memory", method: http.MethodGet, path: "/v1/memory/{namespace}/{key}", tag: tag, summary: "Get a value",
		access: may(identity.MemoryRead), errors: []int{http.StatusNotFound},
	}, s.getMemory)
	register(s, operation{
		id: "put-memory", method: http.MethodPut, path: "/v1/memory/{namespace}/{key}", tag: tag, summary: "Make or replace a value",
		detail: "Namespaces and keys are 1-128 letters, digits and any of ._:@+-. 409 if the workspace would keep more than 10,000 values or 64 MiB.",
		access: may(identity.MemoryWrite), errors: []int{http.StatusConflict, http.StatusUnprocessableEntity},
		example: map[string]any{"value": map[string]any{"likes": "tea"}, "ttl_seconds": 86400},
	}, s.putMemory)
	register(s, operation{
		id: "delete-memory", method: http.MethodDelete, path: "/v1/memory/{namespace}/{key}", tag: tag, summary: "Delete a value",
		access: may(identity.MemoryWrite), errors: []int{http.StatusNotFound},
	}, s.deleteMemory)
}

func (s *Server) listMemory(ctx context.Context, in *struct {
	Paging
	Namespace string `path:"namespace" maxLength:"128" example:"users"`
	KeyPrefix string `query:"key_prefix" maxLength:"128" doc:"Only keys that begin with it."`
}) (*listOutput[MemoryEntry], error) {
	answer, err := s.engine.Memory.ListMemory(ctx, &workflowv1.ListMemoryRequest{Page: in.proto(), Namespace: in.Namespace, KeyPrefix: in.KeyPrefix})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetEntries(), answer.GetNextToken(), memoryEntry), nil
}

func (s *Server) getMemory(ctx context.Context, in *MemoryPath) (*memoryOutput, error) {
	answer, err := s.engine.Memory.GetMemory(ctx, &workflowv1.GetMemoryRequest{Namespace: in.Namespace, Key: in.Key})
	if err != nil {
		return nil, err
	}
	return &memoryOutput{memoryEntry(answer.GetEntry())}, nil
}

func (s *Server) putMemory(ctx context.Context, in *struct {
	MemoryPath
	Body MemoryRequest
}) (*memoryOutput, error) {
	answer, err := s.engine.Memory.PutMemory(ctx, &workflowv1.PutMemoryRequest{
		Namespace: in.Namespace, Key: in.Key, ValueJson: string(in.Body.Value), TtlSeconds: in.Body.TTL,
	})
	if err != nil {
		return nil, err
	}
	return &memoryOutput{memoryEntry(answer.GetEntry())}, nil
}

func (s *Server) deleteMemory(ctx context.Context, in *MemoryPath) (*struct{}, error) {
	_, err := s.engine.Memory.DeleteMemory(ctx, &workflowv1.DeleteMemoryRequest{Namespace: in.Namespace, Key: in.Key})
	return nil, err
}
