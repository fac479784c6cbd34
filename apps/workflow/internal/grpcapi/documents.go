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

// Documents is the DocumentService.
type Documents struct {
	workflowv1.UnimplementedDocumentServiceServer
	store *store.Store
}

// NewDocuments makes the service.
func NewDocuments(s *store.Store) *Documents { return &Documents{store: s} }

// PutDocument makes or replaces a document.
func (d *Documents) PutDocument(ctx context.Context, request *workflowv1.PutDocumentRequest) (*workflowv1.PutDocumentResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	document, problems, err := memory.Put(ctx, d.store, caller.Workspace, store.SearchDocument{
		Name: request.GetName(), Text: request.GetText(), Metadata: request.GetMetadataJson(), Language: request.GetLanguage(), UpdatedBy: store.ActorOf(caller),
	})
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, badRequest(problems[0].Message, problems)
	}
	document.Text = "" // the caller has it
	return &workflowv1.PutDocumentResponse{Document: documentMessage(document)}, nil
}

// GetDocument gives one document with its text.
func (d *Documents) GetDocument(ctx context.Context, request *workflowv1.GetDocumentRequest) (*workflowv1.GetDocumentResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if memory.CheckName("name", request.GetName()) != "" {
		return nil, store.Missing("document", request.GetName())
	}
	document, err := d.store.Document(ctx, caller.Workspace, request.GetName())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetDocumentResponse{Document: documentMessage(document)}, nil
}

// documentList is the kind of the page tokens of ListDocuments.
const documentList = "documents"

// ListDocuments lists documents without their texts.
func (d *Documents) ListDocuments(ctx context.Context, request *workflowv1.ListDocumentsRequest) (*workflowv1.ListDocumentsResponse, error) {
	if err := text("name_prefix", request.GetNamePrefix(), maxPath); err != nil {
		return nil, err
	}
	page, next, err := list[store.SearchDocument, *workflowv1.Document]{
		documentList, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.SearchDocument, error) {
			return d.store.Documents(ctx, workspace, request.GetNamePrefix(), after.ID, limit)
		},
		func(one store.SearchDocument) (time.Time, string) { return time.Time{}, one.Name }, documentMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListDocumentsResponse{Documents: page, NextToken: next}, nil
}

// DeleteDocument removes a document.
func (d *Documents) DeleteDocument(ctx context.Context, request *workflowv1.DeleteDocumentRequest) (*workflowv1.DeleteDocumentResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if memory.CheckName("name", request.GetName()) != "" {
		return nil, store.Missing("document", request.GetName())
	}
	return &workflowv1.DeleteDocumentResponse{}, d.store.DeleteDocument(ctx, caller.Workspace, request.GetName())
}

// SearchDocuments finds parts of documents.
func (d *Documents) SearchDocuments(ctx context.Context, request *workflowv1.SearchDocumentsRequest) (*workflowv1.SearchDocumentsResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if fault := memory.CheckSearch(request.GetQuery(), int(request.GetSize())); fault != "" {
		return nil, refuse("query", "out_of_range", "%s", fault)
	}
	if fault := memory.CheckMetadata(request.GetMetadataJson()); fault != "" {
		return nil, refuse("metadata_json", "invalid_format", "%s", fault)
	}
	for field, words := range map[string]string{"query": request.GetQuery(), "name_prefix": request.GetNamePrefix()} {
		if err := text(field, words, maxPath); err != nil {
			return nil, err
		}
	}
	hits, err := d.store.Search(ctx, caller.Workspace, store.Search{
		Query: request.GetQuery(), NamePrefix: request.GetNamePrefix(), Metadata: request.GetMetadataJson(), Limit: memory.Hits(int(request.GetSize())),
	})
	if err != nil {
		return nil, err
	}
	answer := &workflowv1.SearchDocumentsResponse{}
	for _, h := range hits {
		answer.Hits = append(answer.Hits, &workflowv1.SearchHit{Name: h.Name, Chunk: h.Chunk, Text: h.Text, Snippet: h.Snippet, Score: h.Score, MetadataJson: h.Metadata})
	}
	return answer, nil
}

func documentMessage(d store.SearchDocument) *workflowv1.Document {
	return &workflowv1.Document{
		Name: d.Name, Text: d.Text, MetadataJson: d.Metadata, Language: d.Language, Bytes: d.Bytes, Chunks: d.Chunks,
		Updated: actorMessage(d.UpdatedBy, d.UpdatedAt), CreateTime: timestamppb.New(d.CreatedAt),
	}
}
