// Package authoring has models write workflow documents: the model gets the format, the engine's own check says what is
// wrong with what it wrote, and the model gets to repair that.
package authoring

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/agentteam/agentteam/apps/workflow/internal/directcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// maxOutputTokens bounds one answer: a document of some 40 KiB.
const maxOutputTokens = 16_000

// Checker is what a document has to pass; library.Library is it.
type Checker interface {
	Catalog(ctx context.Context, workspace string) graph.Catalog
	Check(ctx context.Context, workspace, text string) []problem.Problem
}

// Author has documents written. It is safe for concurrent use.
type Author struct {
	models  *directcall.Models
	checker Checker
	schema  json.RawMessage
}

// New makes an author.
func New(models *directcall.Models, checker Checker) (*Author, error) {
	schema, err := outputSchema()
	return &Author{models: models, checker: checker, schema: schema}, err
}

// Order is what is to be written, by which model, and how much that may take.
type Order struct {
	Workspace       string
	By              store.Actor
	Provider, Model string
	Attempts        int
	Budget          document.Budget
	// Text is the description of a new workflow, or with Current the instruction for changing that document.
	Text    string
	Current string
}

// Draft is one document that the model gave.
type Draft struct {
	Document    string
	Unsupported []string // what was asked for and cannot be done
	Problems    []problem.Problem
	Attempt     int
	Used        node.Usage // by all attempts so far
}

// Observer hears how the writing goes on. An error of it ends the writing.
type Observer struct {
	Emit func(Event) error
	// Keep gets each draft that is a JSON object, before the next is asked for, and gives what the event of it tells beside it.
	Keep func(Draft) (map[string]any, error)
}

// Event is something that a reader wants to see; docs/generate.md lists the types and their data.
type Event struct {
	Type string
	Data any
}

// Write gives the first draft without problems, or the last one, with a failure that says so. Other failures
// are those of the model and of the budget; other errors those of the observer and of the database.
func (a *Author) Write(ctx context.Context, o Order, on Observer) (Draft, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := writing{author: a, order: o, on: on, cancel: cancel}
	w.account = directcall.Account{Workspace: o.Workspace, By: o.By, Purpose: directcall.Generate, Budget: o.Budget}
	if o.Current != "" {
		w.account.Purpose = directcall.Refine
	}
	w.begin(a.checker.Catalog(ctx, o.Workspace), a.schema)
	for attempt := 1; attempt <= o.Attempts; attempt++ {
		err := w.attempt(ctx, attempt)
		w.draft.Used = w.account.Used
		if err := errors.Join(err, w.failed); err != nil || len(w.draft.Problems) == 0 {
			return w.draft, err
		}
	}
	return w.draft, node.Fail(node.CodeOutput, "after %d attempts the document still has %d problems, the first at %q: %s",
		o.Attempts, len(w.draft.Problems), w.draft.Problems[0].Pointer, w.draft.Problems[0].Message)
}
