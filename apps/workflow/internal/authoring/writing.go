package authoring

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/directcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// writing is one order on its way.
type writing struct {
	author  *Author
	order   Order
	on      Observer
	account directcall.Account
	request model.Request
	draft   Draft
	cancel  context.CancelFunc
	failed  error // of the observer
}

// begin is the conversation before the first answer.
func (w *writing) begin(c graph.Catalog, schema json.RawMessage) {
	text := "Write a workflow that does this:\n\n" + w.order.Text
	if w.order.Current != "" {
		text = "This is a workflow:\n\n" + w.order.Current + "\n\nChange it as follows, and leave everything else as it is:\n\n" + w.order.Text
	}
	w.request = model.Request{
		Provider: w.order.Provider, Model: w.order.Model, Instructions: instructions(c), OutputSchema: schema,
		MaxOutputTokens: maxOutputTokens, Messages: []model.Message{{User: text}},
	}
}

// attempt is one answer of the model, checked.
func (w *writing) attempt(ctx context.Context, number int) error {
	w.emit("attempt.started", map[string]any{"attempt": number, "provider": w.order.Provider, "model": w.order.Model})
	response, err := w.author.models.Complete(ctx, &w.account, w.request, model.Listener{
		Delta: func(text string) { w.emit("delta", map[string]any{"attempt": number, "text": text}) },
		Reset: func() { w.emit("reset", map[string]any{"attempt": number}) },
	})
	if err != nil {
		return err
	}
	if response.Stop == model.StopLength {
		return node.Fail(node.CodeOutput, "the answer was cut at %d tokens: ask for a smaller workflow, or in steps", maxOutputTokens)
	}
	if response.Stop == model.StopRefusal {
		return node.Fail(node.CodeModel, "the model refuses to answer: %.500s", response.Text)
	}
	if err := w.take(ctx, number, response.Text); err != nil {
		return err
	}
	if len(w.draft.Problems) == 0 {
		if number > 1 {
			w.emit("repaired", map[string]any{"attempt": number})
		}
		return nil
	}
	w.emit("problems", map[string]any{"attempt": number, "problems": w.draft.Problems})
	w.request.Messages = append(w.request.Messages, model.Message{Answer: &response.Answer}, model.Message{User: complaint(w.draft.Problems)})
	return nil
}

// take checks an answer, and has what is a document kept.
func (w *writing) take(ctx context.Context, number int, text string) error {
	w.draft.Attempt, w.draft.Used = number, w.account.Used
	answered, fault := read(text)
	if fault != "" {
		w.draft.Problems = []problem.Problem{problem.Format("", problem.CodeInvalidJSON, "%s", fault)}
		return nil
	}
	w.draft.Document, w.draft.Unsupported = answered.document, answered.unsupported
	w.draft.Problems = w.author.checker.Check(ctx, w.order.Workspace, w.draft.Document)
	data, err := w.on.Keep(w.draft)
	if err != nil {
		return err
	}
	data["attempt"], data["document"], data["unsupported"] = number, json.RawMessage(w.draft.Document), w.draft.Unsupported
	w.emit("draft", data)
	return nil
}

// emit tells the observer. When that fails, the call of the model under way ends with it.
func (w *writing) emit(kind string, data any) {
	if w.failed != nil {
		return
	}
	if w.failed = w.on.Emit(Event{Type: kind, Data: data}); w.failed != nil {
		w.cancel()
	}
}

// complaint tells the model what is wrong, in the words that people get.
func complaint(problems []problem.Problem) string {
	const most = 30
	var b strings.Builder
	b.WriteString("The document cannot be used. These are its problems, by JSON pointers into it:\n")
	for _, p := range problems[:min(most, len(problems))] {
		fmt.Fprintf(&b, "- %q: %s (%s)\n", p.Pointer, p.Message, p.Code)
	}
	if more := len(problems) - most; more > 0 {
		fmt.Fprintf(&b, "- and %d more\n", more)
	}
	b.WriteString("Answer again with the whole corrected answer, and nothing else.")
	return b.String()
}
