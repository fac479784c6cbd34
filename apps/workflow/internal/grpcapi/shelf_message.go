package grpcapi

import (
	"encoding/json"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// What a list shows of a document, in characters; the document format's own bounds.
const (
	maxName        = 100
	maxDescription = 2_000
)

// titles are the name and the description of a document that may have problems.
func titles(document string) (name, description string) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(document), &fields); err != nil {
		return "", "" // a draft may be anything
	}
	return title(fields["name"], maxName), title(fields["description"], maxDescription)
}

// title is empty for what is no text. PostgreSQL's text has no NUL.
func title(value json.RawMessage, most int) string {
	var words string
	if err := json.Unmarshal(value, &words); err != nil {
		return ""
	}
	runes := []rune(strings.ReplaceAll(words, "\x00", ""))
	return string(runes[:min(most, len(runes))])
}

func workflowMessage(w store.Document) *workflowv1.Workflow {
	return &workflowv1.Workflow{
		Id:               w.ID,
		Name:             w.Name,
		Description:      w.Description,
		DocumentJson:     w.Text,
		Revision:         w.Revision,
		PublishedVersion: w.PublishedVersion,
		Created:          actorMessage(w.CreatedBy, w.CreatedAt),
		Updated:          actorMessage(w.UpdatedBy, w.UpdatedAt),
	}
}

func versionMessage(v store.Version) *workflowv1.Version {
	return &workflowv1.Version{
		WorkflowId:   v.DocumentID,
		Version:      v.Version,
		DocumentJson: v.Text,
		Note:         v.Note,
		Published:    actorMessage(v.PublishedBy, v.PublishedAt),
	}
}

func agentMessage(a store.Document) *workflowv1.Agent {
	return &workflowv1.Agent{
		Id:               a.ID,
		Name:             a.Name,
		Description:      a.Description,
		DocumentJson:     a.Text,
		Revision:         a.Revision,
		PublishedVersion: a.PublishedVersion,
		Created:          actorMessage(a.CreatedBy, a.CreatedAt),
		Updated:          actorMessage(a.UpdatedBy, a.UpdatedAt),
	}
}

func agentVersionMessage(v store.Version) *workflowv1.AgentVersion {
	return &workflowv1.AgentVersion{
		AgentId:      v.DocumentID,
		Version:      v.Version,
		DocumentJson: v.Text,
		Note:         v.Note,
		Published:    actorMessage(v.PublishedBy, v.PublishedAt),
	}
}

func messages[T, M any](found []T, message func(T) M) []M {
	converted := make([]M, len(found))
	for i, one := range found {
		converted[i] = message(one)
	}
	return converted
}
