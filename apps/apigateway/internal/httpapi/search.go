package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// SearchRequest is what to look for.
type SearchRequest struct {
	Query      string          `json:"query" minLength:"1" maxLength:"1000" doc:"As people write it: words, \"phrases\", or, -without."`
	NamePrefix string          `json:"name_prefix,omitempty" maxLength:"128" doc:"Only documents whose names begin with it."`
	Metadata   json.RawMessage `json:"metadata,omitempty" doc:"Only documents whose metadata contain this JSON object."`
	Limit      int32           `json:"limit,omitempty" minimum:"1" maximum:"50" doc:"At most so many parts; 10 without it."`
}

// SearchHit is a part of a document.
type SearchHit struct {
	Document string          `json:"document" doc:"Its name."`
	Chunk    int32           `json:"chunk" doc:"Which part, from 0."`
	Text     string          `json:"text"`
	Snippet  string          `json:"snippet" doc:"The part's best passages, with ** around what was found."`
	Score    float64         `json:"score" doc:"Greater is better; comparable within one answer alone."`
	Metadata json.RawMessage `json:"metadata"`
}

func searchHit(h *workflowv1.SearchHit) SearchHit {
	return SearchHit{Document: h.GetName(), Chunk: h.GetChunk(), Text: h.GetText(), Snippet: h.GetSnippet(), Score: h.GetScore(), Metadata: raw(h.GetMetadataJson())}
}

type searchOutput struct {
	Body struct {
		Items []SearchHit `json:"items" nullable:"false"`
	}
}

func (s *Server) search(tag string) {
	register(s, operation{
		id: "search-documents", method: http.MethodPost, path: "/v1/documents:search", tag: tag, summary: "Search documents",
		detail: "Full text search, each document in its own language. The best parts come first.",
		access: may(identity.MemoryRead), status: http.StatusOK, example: map[string]any{"query": "who approves travel", "metadata": map[string]any{"team": "finance"}},
	}, s.searchDocuments)
}

func (s *Server) searchDocuments(ctx context.Context, in *struct{ Body SearchRequest }) (*searchOutput, error) {
	answer, err := s.engine.Documents.SearchDocuments(ctx, &workflowv1.SearchDocumentsRequest{
		Query: in.Body.Query, NamePrefix: in.Body.NamePrefix, MetadataJson: string(in.Body.Metadata), Size: in.Body.Limit,
	})
	if err != nil {
		return nil, err
	}
	output := &searchOutput{}
	output.Body.Items = mapped(answer.GetHits(), searchHit)
	return output, nil
}
