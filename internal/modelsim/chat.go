package modelsim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// chatAPI is OpenAI's Chat Completions (https://platform.openai.com/docs/api-reference/chat).
type chatAPI struct{}

func (chatAPI) name() string { return "chat" }

func (chatAPI) authorized(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ")
}

type object = map[string]any

func (chatAPI) decode(body []byte) (conversation, error) {
	var request struct {
		Model    string `json:"model"`
		Stream   bool   `json:"stream"`
		Messages []struct {
			Role       string          `json:"role"`
			Content    json.RawMessage `json:"content"`
			ToolCallID string          `json:"tool_call_id"`
			ToolCalls  []struct {
				ID       string `json:"id"`
				Function struct {
					Name string `json:"name"`
				} `json:"function"`
			} `json:"tool_calls"`
		} `json:"messages"`
		Tools []struct {
			Function struct {
				Name       string          `json:"name"`
				Parameters json.RawMessage `json:"parameters"`
			} `json:"function"`
		} `json:"tools"`
		ToolChoice     json.RawMessage `json:"tool_choice"`
		ResponseFormat struct {
			JSONSchema struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"json_schema"`
		} `json:"response_format"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return conversation{}, err
	}
	c := conversation{model: request.Model, stream: request.Stream, noTools: string(request.ToolChoice) == `"none"`, schema: request.ResponseFormat.JSONSchema.Schema}
	for _, m := range request.Messages {
		text := contentText(m.Content)
		switch m.Role {
		case "system", "developer":
			c.system += text
		case "assistant":
			next := turn{answer: text}
			for _, call := range m.ToolCalls {
				next.calls = append(next.calls, ToolCall{ID: call.ID, Name: call.Function.Name})
			}
			c.turns = append(c.turns, next)
		case "tool":
			c.turns = append(c.turns, turn{results: []result{{m.ToolCallID, text}}})
		default:
			c.turns = append(c.turns, turn{user: text})
		}
	}
	for _, t := range request.Tools {
		c.tools = append(c.tools, tool{t.Function.Name, t.Function.Parameters})
	}
	return c, nil
}

// contentText reads a text, or the texts of a list of parts.
func contentText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var parts []struct {
		Text string `json:"text"`
	}
	_ = json.Unmarshal(raw, &parts)
	var whole strings.Builder
	for _, part := range parts {
		whole.WriteString(part.Text)
	}
	return whole.String()
}

func (chatAPI) finish(a answer) string {
	switch {
	case a.stop == "length":
		return "length"
	case a.stop == "refusal":
		return "content_filter"
	case len(a.calls) > 0:
		return "tool_calls"
	}
	return "stop"
}

func (chatAPI) usage(c conversation, a answer) object {
	input, output := a.inputTokens(c), a.outputTokens()
	return object{"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output, "prompt_tokens_details": object{"cached_tokens": a.reply.CacheReads}}
}

func (api chatAPI) stream(out *events, c conversation, a answer) {
	chunk := func(delta object, finish any) {
		out.event("", object{
			"id": a.id, "object": "chat.completion.chunk", "created": 1, "model": c.model,
			"choices": []object{{"index": 0, "delta": delta, "finish_reason": finish}}, "usage": nil,
		})
	}
	chunk(object{"role": "assistant", "content": ""}, nil)
	out.pieces(a.text, func(piece string) { chunk(object{"content": piece}, nil) })
	for i, call := range a.calls {
		chunk(object{"tool_calls": []object{{"index": i, "id": call.ID, "type": "function", "function": object{"name": call.Name, "arguments": ""}}}}, nil)
		out.pieces(call.arguments(), func(piece string) {
			chunk(object{"tool_calls": []object{{"index": i, "function": object{"arguments": piece}}}}, nil)
		})
	}
	chunk(object{}, api.finish(a))
	out.event("", object{"id": a.id, "object": "chat.completion.chunk", "created": 1, "model": c.model, "choices": []object{}, "usage": api.usage(c, a)})
	out.event("", "[DONE]")
}

func (api chatAPI) whole(c conversation, a answer) any {
	calls := make([]object, 0, len(a.calls))
	for _, call := range a.calls {
		calls = append(calls, object{"id": call.ID, "type": "function", "function": object{"name": call.Name, "arguments": call.arguments()}})
	}
	message := object{"role": "assistant", "content": a.text, "refusal": nil, "tool_calls": calls}
	return object{
		"id": a.id, "object": "chat.completion", "created": 1, "model": c.model, "usage": api.usage(c, a),
		"choices": []object{{"index": 0, "message": message, "finish_reason": api.finish(a), "logprobs": nil}},
	}
}

func (chatAPI) failure(status int, message string) any { return openAIFailure(status, message) }

func openAIFailure(status int, message string) any {
	kind, code := "invalid_request_error", any(nil)
	switch {
	case status == http.StatusTooManyRequests:
		kind, code = "requests", "rate_limit_exceeded"
	case status >= http.StatusInternalServerError:
		kind, code = "server_error", "server_error"
	case status == http.StatusUnauthorized:
		code = "invalid_api_key"
	}
	return object{"error": object{"message": message, "type": kind, "param": nil, "code": code}}
}
