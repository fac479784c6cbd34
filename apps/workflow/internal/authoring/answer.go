package authoring

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
)

// What a model may say of what it could not do.
const (
	maxUnsupported = 50
	maxSentence    = 1_000 // characters
)

// answer is what a model wrote.
type answer struct {
	document    string
	unsupported []string
}

// read finds the document in an answer, or says what is wrong with that, for the model.
func read(text string) (a answer, fault string) {
	var given struct {
		Document    json.RawMessage `json:"document"`
		Unsupported []string        `json:"unsupported"`
	}
	text = model.Unfenced(text)
	tree, problems := jsontree.Parse([]byte(text), document.MaxDepth+1)
	if tree == nil || len(problems) > 0 {
		return a, "the answer must be one JSON object: " + problems[0].Message
	}
	if err := json.Unmarshal([]byte(text), &given); err != nil {
		return a, fmt.Sprintf("the answer must be an object with document and unsupported: %v", err)
	}
	if !bytes.HasPrefix(given.Document, []byte("{")) {
		return a, "the answer lacks document, which must be an object"
	}
	if len(given.Document) > document.MaxBytes {
		return a, fmt.Sprintf("the document has %d bytes, at most %d are allowed", len(given.Document), document.MaxBytes)
	}
	a = answer{document: string(given.Document), unsupported: []string{}}
	for _, sentence := range given.Unsupported[:min(maxUnsupported, len(given.Unsupported))] {
		runes := []rune(sentence)
		a.unsupported = append(a.unsupported, string(runes[:min(maxSentence, len(runes))]))
	}
	return a, ""
}
