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
func (c *Conversation) recall() {
	recalled := c.config.Recalled
	if recalled == nil {
		return
	}
	older, shown := c.config.Memory.split(recalled.Messages)
	c.said = node.Said{Thread: c.config.Memory.Thread, Prompt: asText(c.config.Prompt)}
	c.request.Messages = append(spoken(shown), c.request.Messages...)
	if len(older) > 0 && c.config.Memory.summarizes() {
		c.older = older
		return
	}
	c.summarized(recalled.Summary)
}

// summarized tells the model what was before that which it is shown.
func (c *Conversation) summarized(summary string) {
	if summary != "" {
		c.request.Instructions = strings.TrimSpace(c.request.Instructions + "\n\nThe conversation before what you are shown, in short:\n" + summary)
	}
}

// fold is the request for a summary of the older messages.
func (c *Conversation) fold() []Wish {
	request := c.summaryRequest(c.config.Recalled.Summary, c.older)
	return []Wish{{Prepare: func() (node.Call, *node.Failure) { return c.prepare(request) }, Tell: c.folded}}
}

func (c *Conversation) folded(result node.CallResult) {
	response, failure := answerOf(result)
	if failure != nil {
		c.fail(failure)
		return
	}
	summary, through := c.config.Recalled.Summary, c.older[len(c.older)-1].Seq
	c.older = nil
	if response.Text != "" && response.Stop != model.StopRefusal { // else the next step tries again
		summary = clip(response.Text, maxSummary)
		c.said.Summary, c.said.Through = summary, through
	}
	c.summarized(summary)
}

// exchange is what an agent that has answered adds to its thread; nil: nothing.
func (c *Conversation) exchange() *node.Said {
	if c.said.Thread == "" || c.end == nil || c.end.Failure != nil {
		return nil
	}
	said := c.said
	said.Answer = c.end.Text
	return &said
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
func (c *Conversation) summaryRequest(summary string, older []node.RecalledSpeech) model.Request {
	var text strings.Builder
	if summary != "" {
		text.WriteString("The earlier summary:\n" + summary + "\n\n")
	}
	text.WriteString("The conversation after it:\n")
	for _, m := range older {
		text.WriteString(m.Role + ": " + m.Text + "\n")
	}
	return model.Request{Provider: c.config.Provider, Model: c.config.Model, Instructions: summaryInstructions, MaxOutputTokens: summaryTokens,
		Messages: []model.Message{{User: text.String()}}, Unheard: true}
}

// answerOf reads the recorded answer of a model.
func answerOf(result node.CallResult) (response model.Response, failure *node.Failure) {
	if failure := failureOf(result); failure != nil {
		return response, failure
	}
	if err := json.Unmarshal(result.Response, &response); err != nil {
		return response, node.Fail(node.CodeInternal, "the recorded answer of call %d cannot be read: %v", result.Number, err)
	}
	return response, nil
}
