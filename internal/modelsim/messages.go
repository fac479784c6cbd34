package modelsim

import (
	"encoding/json"
	"errors"
	"net/http"
)

// messagesAPI is Anthropic's Messages (https://platform.claude.com/docs/en/api/messages).
type messagesAPI struct{}

func (messagesAPI) name() string { return "messages" }

func (messagesAPI) authorized(r *http.Request) bool {
	return r.Header.Get("X-Api-Key") != "" && r.Header.Get("Anthropic-Version") != ""
}

type messagesBlock struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	ToolUseID string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
}

func (messagesAPI) decode(body []byte) (conversation, error) {
	var request struct {
		Model     string          `json:"model"`
		MaxTokens int             `json:"max_tokens"`
		Stream    bool            `json:"stream"`
		System    json.RawMessage `json:"system"`
		Messages  []struct {
			Role    string          `json:"role"`
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
		Tools []struct {
			Name        string          `json:"name"`
			InputSchema json.RawMessage `json:"input_schema"`
		} `json:"tools"`
		ToolChoice struct {
			Type string `json:"type"`
		} `json:"tool_choice"`
		OutputConfig struct {
			Format struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"format"`
		} `json:"output_config"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return conversation{}, err
	}
	if request.MaxTokens < 1 {
		return conversation{}, errors.New("max_tokens: field required")
	}
	c := conversation{
		model: request.Model, stream: request.Stream, system: contentText(request.System),
		noTools: request.ToolChoice.Type == "none", schema: request.OutputConfig.Format.Schema,
	}
	for _, m := range request.Messages {
		c.turns = append(c.turns, messagesTurn(m.Role, m.Content))
	}
	for _, t := range request.Tools {
		c.tools = append(c.tools, tool{t.Name, t.InputSchema})
	}
	return c, nil
}

func messagesTurn(role string, raw json.RawMessage) (next turn) {
	var blocks []messagesBlock
	text := ""
	if json.Unmarshal(raw, &blocks) != nil {
		text = contentText(raw)
	}
	for _, block := range blocks {
		switch block.Type {
		case "text":
			text += block.Text
		case "tool_use":
			next.calls = append(next.calls, ToolCall{ID: block.ID, Name: block.Name})
		case "tool_result":
			next.results = append(next.results, result{block.ToolUseID, contentText(block.Content)})
		}
	}
	if role == "assistant" {
		next.answer = text
	} else {
		next.user = text
	}
	return next
}

func (messagesAPI) finish(a answer) string {
	switch {
	case a.stop == "length":
		return "max_tokens"
	case a.stop == "refusal":
		return "refusal"
	case len(a.calls) > 0:
		return "tool_use"
	}
	return "end_turn"
}

func (messagesAPI) usage(c conversation, a answer, output int) object {
	return object{
		"input_tokens": max(0, a.inputTokens(c)-a.reply.CacheReads), "output_tokens": output,
		"cache_read_input_tokens": a.reply.CacheReads, "cache_creation_input_tokens": 0,
	}
}

func (api messagesAPI) stream(out *events, c conversation, a answer) {
	event := func(name string, data object) { out.event(name, with(data, "type", name)) }
	event("message_start", object{"message": object{
		"id": a.id, "type": "message", "role": "assistant", "model": c.model, "content": []any{}, "stop_reason": nil, "stop_sequence": nil, "usage": api.usage(c, a, 1),
	}})
	event("ping", object{})
	index := 0
	block := func(start object, text, kind, field string) {
		event("content_block_start", object{"index": index, "content_block": start})
		out.pieces(text, func(piece string) {
			event("content_block_delta", object{"index": index, "delta": object{"type": kind, field: piece}})
		})
		event("content_block_stop", object{"index": index})
		index++
	}
	if a.text != "" {
		block(object{"type": "text", "text": ""}, a.text, "text_delta", "text")
	}
	for _, call := range a.calls {
		block(object{"type": "tool_use", "id": call.ID, "name": call.Name, "input": object{}}, call.arguments(), "input_json_delta", "partial_json")
	}
	event("message_delta", object{"delta": object{"stop_reason": api.finish(a), "stop_sequence": nil}, "usage": object{"output_tokens": a.outputTokens()}})
	event("message_stop", object{})
}

func (api messagesAPI) whole(c conversation, a answer) any {
	content := []object{}
	if a.text != "" {
		content = append(content, object{"type": "text", "text": a.text})
	}
	for _, call := range a.calls {
		content = append(content, object{"type": "tool_use", "id": call.ID, "name": call.Name, "input": json.RawMessage(call.arguments())})
	}
	return object{
		"id": a.id, "type": "message", "role": "assistant", "model": c.model, "content": content,
		"stop_reason": api.finish(a), "stop_sequence": nil, "usage": api.usage(c, a, a.outputTokens()),
	}
}

func (messagesAPI) failure(status int, message string) any {
	kind := "invalid_request_error"
	switch {
	case status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case status == 529:
		kind = "overloaded_error"
	case status >= http.StatusInternalServerError:
		kind = "api_error"
	case status == http.StatusUnauthorized:
		kind = "authentication_error"
	}
	return object{"type": "error", "error": object{"type": kind, "message": message}}
}
