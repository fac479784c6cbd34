package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Document is a text to search.
type Document struct {
	Name      string          `json:"name" example:"handbook"`
	Text      string          `json:"text,omitempty" doc:"Left out of lists, and of the answer to a put."`
	Metadata  json.RawMessage `json:"metadata"`
	Language  string          `json:"language" example:"english"`
	Bytes     int64           `json:"bytes"`
	Chunks    int32           `json:"chunks" doc:"How many parts it was cut into; searches find these."`
	CreatedAt *time.Time      `json:"created_at"`
	UpdatedAt *time.Time      `json:"updated_at"`
	UpdatedBy *Actor          `json:"updated_by"`
}

func documentOf(d *workflowv1.Document) Document {
	return Document{
		Name: d.GetName(), Text: d.GetText(), Metadata: raw(d.GetMetadataJson()), Language: d.GetLanguage(), Bytes: d.GetBytes(), Chunks: d.GetChunks(),
		CreatedAt: moment(d.GetCreateTime()), UpdatedAt: moment(d.GetUpdated().GetTime()), UpdatedBy: actor(d.GetUpdated()),
	}
}

// DocumentPath names a document.
type DocumentPath struct {
	Name string `path:"name" maxLength:"128" example:"handbook"`
}

// DocumentRequest is a text to keep.
type DocumentRequest struct {
	Text     string          `json:"text" minLength:"1" doc:"At most 1 MiB."`
	Metadata json.RawMessage `json:"metadata,omitempty" doc:"A JSON object of at most 16 KiB, for what is not to be searched but told, and to search within."`
	Language string          `json:"language,omitempty" maxLength:"64" doc:"A text search configuration of PostgreSQL: english (without it), german, french, simple, …"`
}

type documentOutput struct{ Body Document }

func (s *Server) documents() {
	tag := "Documents"
	register(s, operation{
		id: "list-documents", method: http.MethodGet, path: "/v1/documents", tag: tag, summary: "List documents by name", access: may(identity.MemoryRead),
	}, s.listDocuments)
	register(s, operation{
		id: "get-document", method: http.MethodGet, path: "/v1/documents/{name}", tag: tag, summary: "Get a document",
		access: may(identity.MemoryRead), errors: []int{http.StatusNotFound},
	}, s.getDocument)
	register(s, operation{
		id: "put-document", method: http.MethodPut, path: "/v1/documents/{name}", tag: tag, summary: "Make or replace a document",
		detail: "Names are 1-128 letters, digits and any of ._:@+-. 409 if the workspace would keep more than 10,000 documents or 64 MiB.",
		access: may(identity.MemoryWrite), limit: maxDocument, errors: []int{http.StatusConflict, http.StatusUnprocessableEntity},
		example: map[string]any{"text": "Travel has to be approved by a lead.", "metadata": map[string]any{"team": "finance"}, "language": "english"},
	}, s.putDocument)
	register(s, operation{
		id: "delete-document", method: http.MethodDelete, path: "/v1/documents/{name}", tag: tag, summary: "Delete a document",
		access: may(identity.MemoryWrite), errors: []int{http.StatusNotFound},
	}, s.deleteDocument)
	s.search(tag)
}

func (s *Server) listDocuments(ctx context.Context, in *struct {
	Paging
	NamePrefix string `query:"name_prefix" maxLength:"128" doc:"Only names that begin with it."`
}) (*listOutput[Document], error) {
	answer, err := s.engine.Documents.ListDocuments(ctx, &workflowv1.ListDocumentsRequest{Page: in.proto(), NamePrefix: in.NamePrefix})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetDocuments(), answer.GetNextToken(), documentOf), nil
}

func (s *Server) getDocument(ctx context.Context, in *DocumentPath) (*documentOutput, error) {
	answer, err := s.engine.Documents.GetDocument(ctx, &workflowv1.GetDocumentRequest{Name: in.Name})
	if err != nil {
		return nil, err
	}
	return &documentOutput{documentOf(answer.GetDocument())}, nil
}

func (s *Server) putDocument(ctx context.Context, in *struct {
	DocumentPath
	Body DocumentRequest
}) (*documentOutput, error) {
	answer, err := s.engine.Documents.PutDocument(ctx, &workflowv1.PutDocumentRequest{
		Name: in.Name, Text: in.Body.Text, MetadataJson: string(in.Body.Metadata), Language: in.Body.Language,
	})
	if err != nil {
		return nil, err
	}
	return &documentOutput{documentOf(answer.GetDocument())}, nil
}

func (s *Server) deleteDocument(ctx context.Context, in *DocumentPath) (*struct{}, error) {
	_, err := s.engine.Documents.DeleteDocument(ctx, &workflowv1.DeleteDocumentRequest{Name: in.Name})
	return nil, err
}
