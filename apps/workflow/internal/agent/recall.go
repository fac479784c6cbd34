package agent

import (
	"encoding/json"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

// What a model is shown of a thread, where the document does not say.
const (
	recalledMessages = 20
	recalledBytes    = 32 << 10
	maxSummary       = 8 << 10 // bytes
	summaryTokens    = 4096    // of which models that reason use most for that
)

const summaryInstructions = `You keep the memory of a conversation. Write a summary of what follows, for the assistant who goes on with it: ` +
	`facts, names, numbers, decisions, wishes, and what is still open. Take over everything of the earlier summary that still holds. At most 300 words, without an introduction.`

// threadMemory is an agent's thread, and how much of it the model is shown word for word.
type threadMemory struct {
	Thread   string `json:"thread"`
	Messages int    `json:"messages"`
	Bytes    int    `json:"bytes"`
	Summary  *bool  `json:"summary"` // nil is true
}

func (m threadMemory) summarizes() bool { return m.Summary == nil || *m.Summary }

// split gives the messages that are older than what the model is shown, and those that it is. When there are too many, half of the
// bounds is kept, so that not every turn pays for a summary.
func (m threadMemory) split(messages []node.RecalledSpeech) (older, shown []node.RecalledSpeech) {
	from := newest(messages, m.Messages, m.Bytes)
	if from > 0 && m.summarizes() {
		from = newest(messages, m.Messages/2, m.Bytes/2)
	}
	for from > 0 && from < len(messages) && messages[from].Role == "assistant" {
		from++ // what is shown begins with what its user said
	}
	return messages[:from], messages[from:]
}

// newest is the index of the first of so many messages of so many bytes, counted from the end.
func newest(messages []node.RecalledSpeech, most, bytes int) int {
	from := len(messages)
	for from > 0 && most > 0 && bytes >= len(messages[from-1].Text) {
		from--
		most, bytes = most-1, bytes-len(messages[from].Text)
	}
	return from
}

// recall puts the thread before the prompt. What is too old to be shown is folded into the summary first, by a call like any other.
func (r *replay) recall() *node.Move {
	recalled := r.config.Recalled
	if recalled == nil {
		return nil
	}
	older, shown := r.config.Memory.split(recalled.Messages)
	r.said = node.Said{Thread: r.config.Memory.Thread, Prompt: asText(r.config.Prompt)}
	summary := recalled.Summary
	if len(older) > 0 && r.config.Memory.summarizes() {
		r.number++
		result, known := r.known[r.number]
		if !known {
			return r.ask(r.summaryRequest(summary, older))
		}
		response, failure := r.answerOf(result)
		if failure != nil {
			return &node.Move{Failure: failure}
		}
		if response.Text != "" && response.Stop != model.StopRefusal { // else the next step tries again
			summary = clip(response.Text, maxSummary)
			r.said.Summary, r.said.Through = summary, older[len(older)-1].Seq
		}
	}
	if summary != "" {
		r.request.Instructions = strings.TrimSpace(r.request.Instructions + "\n\nThe conversation before what you are shown, in short:\n" + summary)
	}
	r.request.Messages = append(spoken(shown), r.request.Messages...)
	return nil
}

func spoken(messages []node.RecalledSpeech) []model.Message {
	turns := make([]model.Message, len(messages))
	for i, m := range messages {
		if m.Role == "assistant" {
			turns[i].Answer = &model.Answer{Text: m.Text}
		} else {
			turns[i].User = m.Text
		}
	}
	return turns
}

// summaryRequest has the older messages as one text: they are what is asked about, not a conversation to go on with.
func (r *replay) summaryRequest(summary string, older []node.RecalledSpeech) model.Request {
	var text strings.Builder
	if summary != "" {
		text.WriteString("The earlier summary:\n" + summary + "\n\n")
	}
	text.WriteString("The conversation after it:\n")
	for _, m := range older {
		text.WriteString(m.Role + ": " + m.Text + "\n")
	}
	return model.Request{Provider: r.config.Provider, Model: r.config.Model, Instructions: summaryInstructions, MaxOutputTokens: summaryTokens,
		Messages: []model.Message{{User: text.String()}}, Unheard: true}
}

// answerOf reads the recorded answer of a model.
func (r *replay) answerOf(result node.CallResult) (response model.Response, failure *node.Failure) {
	if failure := failureOf(result); failure != nil {
		return response, failure
	}
	if err := json.Unmarshal(result.Response, &response); err != nil {
		return response, node.Fail(node.CodeInternal, "the recorded answer of call %d cannot be read: %v", r.number, err)
	}
	return response, nil
}
