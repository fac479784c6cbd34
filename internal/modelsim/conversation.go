package modelsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// conversation is a request, whichever API it came by.
type conversation struct {
	api, model, clientRequest string

	system  string
	turns   []turn
	tools   []tool
	noTools bool
	schema  json.RawMessage // that the answer has to fit; nil: none
	stream  bool
	bytes   int // of the request
}

type turn struct {
	user    string
	answer  string
	calls   []ToolCall
	results []result
}

type result struct{ id, text string }

type tool struct {
	name       string
	parameters json.RawMessage
}

// lastUser is the user's newest text.
func (c conversation) lastUser() (text string) {
	for _, turn := range c.turns {
		if turn.user != "" {
			text = turn.user
		}
	}
	return text
}

func (c conversation) toolResults() (count int) {
	for _, turn := range c.turns {
		count += len(turn.results)
	}
	return count
}

// answered is what the tools answered, each answer cut to a length.
func (c conversation) answered(length int) string {
	var texts []string
	for _, turn := range c.turns {
		for _, result := range turn.results {
			texts = append(texts, excerpt(result.text, length))
		}
	}
	return strings.Join(texts, "; ")
}

// check finds what the real APIs refuse: no model, no turn, calls without results and results without calls.
func (c conversation) check() error {
	if c.model == "" || len(c.turns) == 0 {
		return errors.New("model and messages are required")
	}
	open := map[string]bool{}
	for _, turn := range c.turns {
		if err := turn.answers(open); err != nil {
			return err
		}
		for _, call := range turn.calls {
			open[call.ID] = true
		}
	}
	return turn{user: "the end"}.answers(open)
}

// answers takes the turn's results from the calls that are open. Nothing else may come before all have one.
func (t turn) answers(open map[string]bool) error {
	for _, result := range t.results {
		if !open[result.id] {
			return fmt.Errorf("the tool result %q has no tool call before it", result.id)
		}
		delete(open, result.id)
	}
	if len(open) > 0 && (t.user != "" || t.answer != "" && len(t.calls) == 0) {
		return fmt.Errorf("%d tool calls have no results", len(open))
	}
	return nil
}

// answer is what is sent.
type answer struct {
	id    string
	text  string
	calls []ToolCall
	stop  string
	reply Reply
}

// arguments are as a model writes them: text that should be JSON.
func (t ToolCall) arguments() string {
	var text string
	if json.Unmarshal(t.Arguments, &text) == nil {
		return text
	}
	return string(t.Arguments)
}

func (a answer) inputTokens(c conversation) int {
	if a.reply.InputTokens > 0 {
		return a.reply.InputTokens
	}
	return c.bytes/4 + 1
}

func (a answer) outputTokens() int {
	if a.reply.OutputTokens > 0 {
		return a.reply.OutputTokens
	}
	count := len(a.text)/4 + 1
	for _, call := range a.calls {
		count += len(call.arguments())/4 + 1
	}
	return count
}
