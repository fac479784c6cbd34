package modelsim

import (
	"encoding/json"
	"net/http"
)

// responsesAPI is OpenAI's Responses (https://platform.openai.com/docs/api-reference/responses).
type responsesAPI struct{}

func (responsesAPI) name() string { return "responses" }

func (responsesAPI) authorized(r *http.Request) bool { return chatAPI{}.authorized(r) }

func (responsesAPI) decode(body []byte) (conversation, error) {
	var request struct {
		Model        string            `json:"model"`
		Stream       bool              `json:"stream"`
		Instructions string            `json:"instructions"`
		Input        []json.RawMessage `json:"input"`
		Tools        []struct {
			Name       string          `json:"name"`
			Parameters json.RawMessage `json:"parameters"`
		} `json:"tools"`
		ToolChoice json.RawMessage `json:"tool_choice"`
		Text       struct {
			Format struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"format"`
		} `json:"text"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return conversation{}, err
	}
	c := conversation{
		model: request.Model, stream: request.Stream, system: request.Instructions,
		noTools: string(request.ToolChoice) == `"none"`, schema: request.Text.Format.Schema,
	}
	for _, raw := range request.Input {
		next, err := responsesTurn(raw)
		if err != nil {
			return c, err
		}
		c.turns = append(c.turns, next)
	}
	for _, t := range request.Tools {
		c.tools = append(c.tools, tool{t.Name, t.Parameters})
	}
	return c, nil
}

func responsesTurn(raw json.RawMessage) (turn, error) {
	var item struct {
		Type    string          `json:"type"`
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
		CallID  string          `json:"call_id"`
		Name    string          `json:"name"`
		Output  json.RawMessage `json:"output"`
	}
	if err := json.Unmarshal(raw, &item); err != nil {
		return turn{}, err
	}
	switch {
	case item.Type == "function_call":
		return turn{calls: []ToolCall{{ID: item.CallID, Name: item.Name}}}, nil
	case item.Type == "function_call_output":
		return turn{results: []result{{item.CallID, contentText(item.Output)}}}, nil
	case item.Role == "assistant":
		return turn{answer: contentText(item.Content)}, nil
	case item.Type == "reasoning":
		return turn{}, nil
	}
	return turn{user: contentText(item.Content)}, nil
}

// response is the whole object, which streams show at their beginning and at their end.
func (api responsesAPI) response(c conversation, a answer, status string, output []object) object {
	incomplete := any(nil)
	if status == "incomplete" {
		incomplete = object{"reason": map[string]string{"length": "max_output_tokens", "refusal": "content_filter"}[a.stop]}
	}
	whole := object{
		"id": a.id, "object": "response", "created_at": 1, "status": status, "model": c.model, "output": output, "error": nil, "incomplete_details": incomplete,
		"instructions": nil, "metadata": object{}, "parallel_tool_calls": true, "temperature": 1, "tool_choice": "auto", "tools": []any{}, "top_p": 1, "usage": nil,
	}
	if status != "in_progress" {
		input, generated := a.inputTokens(c), a.outputTokens()
		whole["usage"] = object{
			"input_tokens": input, "output_tokens": generated, "total_tokens": input + generated,
			"input_tokens_details":  object{"cached_tokens": a.reply.CacheReads, "cache_write_tokens": 0},
			"output_tokens_details": object{"reasoning_tokens": 0},
		}
	}
	return whole
}

// items are the reasoning, the message and the calls of an answer, as they are when they are complete.
func (responsesAPI) items(a answer) []object {
	items := []object{{"id": "rs_" + a.id, "type": "reasoning", "summary": []any{}, "encrypted_content": "c2ltdWxhdGVk"}}
	if a.text != "" {
		items = append(items, object{"id": "msg_" + a.id, "type": "message", "status": "completed", "role": "assistant", "content": []object{outputText(a.text)}})
	}
	for _, call := range a.calls {
		items = append(items, object{"id": "fc_" + call.ID, "type": "function_call", "status": "completed", "call_id": call.ID, "name": call.Name, "arguments": call.arguments()})
	}
	return items
}

func outputText(text string) object {
	return object{"type": "output_text", "text": text, "annotations": []any{}, "logprobs": []any{}}
}

func (responsesAPI) status(a answer) string {
	if a.stop != "" {
		return "incomplete"
	}
	return "completed"
}

func (api responsesAPI) stream(out *events, c conversation, a answer) {
	sequence := 0
	event := func(name string, data object) {
		data["type"], data["sequence_number"] = name, sequence
		sequence++
		out.event(name, data)
	}
	event("response.created", object{"response": api.response(c, a, "in_progress", []object{})})
	for index, item := range api.items(a) {
		id := item["id"]
		event("response.output_item.added", object{"output_index": index, "item": opened(item)})
		switch item["type"] {
		case "message":
			at := object{"item_id": id, "output_index": index, "content_index": 0}
			event("response.content_part.added", with(at, "part", outputText("")))
			out.pieces(a.text, func(piece string) { event("response.output_text.delta", with(at, "delta", piece)) })
			event("response.output_text.done", with(at, "text", a.text))
			event("response.content_part.done", with(at, "part", outputText(a.text)))
		case "function_call":
			at := object{"item_id": id, "output_index": index}
			arguments, _ := item["arguments"].(string)
			out.pieces(arguments, func(piece string) { event("response.function_call_arguments.delta", with(at, "delta", piece)) })
			event("response.function_call_arguments.done", with(at, "arguments", arguments))
		}
		event("response.output_item.done", object{"output_index": index, "item": item})
	}
	status := api.status(a)
	event("response."+status, object{"response": api.response(c, a, status, api.items(a))})
}

// opened is an item at its beginning.
func opened(item object) object {
	open := with(item, "status", "in_progress")
	switch item["type"] {
	case "message":
		open["content"] = []any{}
	case "function_call":
		open["arguments"] = ""
	}
	return open
}

func with(base object, key string, value any) object {
	extended := object{key: value}
	for k, v := range base {
		if k != key {
			extended[k] = v
		}
	}
	return extended
}

func (api responsesAPI) whole(c conversation, a answer) any {
	return api.response(c, a, api.status(a), api.items(a))
}

func (responsesAPI) failure(status int, message string) any {
	if status == 529 { // within a stream, where an error is an event of its own kind
		return object{"type": "error", "code": "server_error", "message": message, "param": nil, "sequence_number": 0}
	}
	return openAIFailure(status, message)
}
