package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// maxMetadata bounds what is known of a document, in bytes of JSON.
const maxMetadata = 16 << 10

// CheckMetadata says what is wrong with a JSON object; empty: nothing is.
func CheckMetadata(text string) string {
	var object map[string]json.RawMessage
	if text == "" {
		return ""
	}
	if len(text) > maxMetadata {
		return fmt.Sprintf("metadata have at most %d bytes as JSON, got %d", maxMetadata, len(text))
	}
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil || strings.Contains(text, `\u0000`) {
		return "metadata must be a JSON object, without the character NUL"
	}
	return ""
}

// Put makes or replaces a document, cut into chunks. What does not fit is a *problem's list, by field.
func Put(ctx context.Context, s *store.Store, workspace string, d store.SearchDocument) (store.SearchDocument, []problem.Problem, error) {
	if d.Language == "" {
		d.Language = "english"
	}
	if d.Metadata == "" {
		d.Metadata = "{}"
	}
	var problems []problem.Problem
	refuse := func(field, fault string) {
		if fault != "" {
			problems = append(problems, problem.Format(field, problem.CodeInvalidFormat, "%s", fault))
		}
	}
	refuse("name", CheckName("name", d.Name))
	refuse("metadata_json", CheckMetadata(d.Metadata))
	if n := len(d.Text); n < 1 || n > store.MaxDocument || strings.ContainsRune(d.Text, 0) {
		refuse("text", fmt.Sprintf("text must have from 1 to %d bytes, without the character NUL, got %d; cut it into several documents", store.MaxDocument, n))
	}
	known, err := s.KnowsLanguage(ctx, d.Language)
	if err != nil {
		return d, nil, err
	}
	if !known {
		refuse("language", fmt.Sprintf("language must be a text search configuration of PostgreSQL, such as english, german or simple, got %.64q", d.Language))
	}
	if problems != nil {
		return d, problems, nil
	}
	put, err := s.PutDocument(ctx, workspace, d, Chunks(d.Text))
	return put, nil, err
}
