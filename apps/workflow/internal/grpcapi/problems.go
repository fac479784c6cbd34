package grpcapi

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func problemMessages(problems []problem.Problem) []*workflowv1.Problem {
	messages := make([]*workflowv1.Problem, len(problems))
	for i, p := range problems {
		messages[i] = &workflowv1.Problem{Pointer: p.Pointer, Message: p.Message, Code: p.Code}
	}
	return messages
}

// unfit is the refusal of a document or a node, with everything that is wrong with it.
func unfit(what string, problems []problem.Problem) error {
	if len(problems) == 1 {
		return badRequest(fmt.Sprintf("%s has a problem at %q: %s", what, problems[0].Pointer, problems[0].Message), problems)
	}
	return badRequest(fmt.Sprintf("%s has %d problems, the first at %q: %s", what, len(problems), problems[0].Pointer, problems[0].Message), problems)
}

// keepable refuses what not even a draft may be: PostgreSQL keeps JSON, and everybody expects an object.
func keepable(text string, problems []problem.Problem) error {
	if text == "" {
		return refuse("document_json", problem.CodeMissingField, "document_json must be a document, got nothing")
	}
	if len(text) > document.MaxBytes {
		return refuse("document_json", problem.CodeTooLarge, "document_json has at most %d bytes, got %d", document.MaxBytes, len(text))
	}
	for _, p := range problems {
		if p.Code == problem.CodeInvalidJSON || p.Code == problem.CodeTooDeep {
			return unfit("the document", problems)
		}
	}
	if !json.Valid([]byte(text)) {
		return refuse("document_json", problem.CodeInvalidJSON, "document_json is not JSON")
	}
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return refuse("document_json", problem.CodeWrongType, "document_json must be a JSON object")
	}
	return nil
}
