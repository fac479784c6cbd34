package model

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/anthropics/anthropic-sdk-go/packages/param"
)

const anthropicBaseURL = "https://api.anthropic.com/"

type messagesAPI struct{ service anthropic.MessageService }

// NewAnthropic makes the provider, which speaks the Messages API; an empty base URL is Anthropic's own.
func NewAnthropic(key, baseURL string) Provider {
	if baseURL == "" {
		baseURL = anthropicBaseURL
	}
	return messagesAPI{service: anthropic.NewMessageService(
		option.WithBaseURL(baseURL), option.WithAPIKey(key), option.WithHTTPClient(newHTTPClient()), option.WithMaxRetries(0),
	)}
}

// Complete streams one message.
func (p messagesAPI) Complete(ctx context.Context, r Request, onDelta func(string)) (Response, error) {
	stream := p.service.NewStreaming(ctx, messagesParams(r), option.WithHeader("X-Client-Request-Id", r.ID))
	defer func() { _ = stream.Close() }()
	sofar := partial{request: r}
	var whole anthropic.Message
	for stream.Next() {
		event := stream.Current()
		if err := whole.Accumulate(event); err != nil {
			return Response{}, cut("Anthropic", sofar.tokens())
		}
		switch event.Type {
		case "content_block_delta":
			sofar.add(event.Delta.Text + event.Delta.PartialJSON + event.Delta.Thinking)
			if event.Delta.Text != "" {
				onDelta(event.Delta.Text)
			}
		case "message_stop":
			return messagesAnswer(whole), nil
		}
	}
	return Response{}, anthropicError(ctx, stream.Err(), messagesSpent(whole, sofar))
}

func messagesParams(r Request) anthropic.MessageNewParams {
	schema, instructions := r.outputSchema()
	params := anthropic.MessageNewParams{Model: r.Model, MaxTokens: r.MaxOutputTokens, Messages: messagesTurns(r.Messages)}
	if instructions != "" {
		params.System = []anthropic.TextBlockParam{{Text: instructions}}
	}
	if r.Temperature != nil {
		params.Temperature = param.NewOpt(*r.Temperature)
	}
	if schema != nil {
		params.OutputConfig = anthropic.OutputConfigParam{Format: anthropic.JSONOutputFormatParam{Schema: schema}}
	}
	for _, tool := range r.Tools {
		converted := anthropic.ToolParam{Name: tool.Name, InputSchema: param.Override[anthropic.ToolInputSchemaParam](tool.parameters())}
		if tool.Description != "" {
			converted.Description = param.NewOpt(tool.Description)
		}
		params.Tools = append(params.Tools, anthropic.ToolUnionParam{OfTool: &converted})
	}
	if r.NoTools && len(r.Tools) > 0 {
		params.ToolChoice = anthropic.ToolChoiceUnionParam{OfNone: &anthropic.ToolChoiceNoneParam{}}
	}
	return params
}

func messagesTurns(messages []Message) (turns []anthropic.MessageParam) {
	for _, message := range messages {
		switch {
		case message.Answer != nil:
			turns = append(turns, anthropic.NewAssistantMessage(messagesBlocks(*message.Answer)...))
		case message.Results != nil:
			blocks := make([]anthropic.ContentBlockParamUnion, 0, len(message.Results))
			for _, result := range message.Results {
				blocks = append(blocks, anthropic.NewToolResultBlock(result.ID, result.Text, result.Failed))
			}
			turns = append(turns, anthropic.NewUserMessage(blocks...))
		default:
			turns = append(turns, anthropic.NewUserMessage(anthropic.NewTextBlock(message.User)))
		}
	}
	return turns
}

func messagesBlocks(answer Answer) (blocks []anthropic.ContentBlockParamUnion) {
	var native []json.RawMessage
	if json.Unmarshal(answer.Native, &native) == nil && len(native) > 0 {
		for _, raw := range native {
			blocks = append(blocks, param.Override[anthropic.ContentBlockParamUnion](raw))
		}
		return blocks
	}
	if answer.Text != "" {
		blocks = append(blocks, anthropic.NewTextBlock(answer.Text))
	}
	for _, call := range answer.ToolCalls {
		blocks = append(blocks, anthropic.NewToolUseBlock(call.ID, inputObject(call.Arguments), call.Name))
	}
	if len(blocks) == 0 {
		// The API takes no message without content.
		blocks = append(blocks, anthropic.NewTextBlock("(no answer)"))
	}
	return blocks
}

// inputObject is what a model called a tool with; the API takes back nothing but objects.
func inputObject(arguments string) json.RawMessage {
	if asObject(json.RawMessage(arguments)) == nil {
		return json.RawMessage(`{}`)
	}
	return json.RawMessage(arguments)
}

func messagesAnswer(message anthropic.Message) Response {
	answer := Response{Usage: messagesUsage(message.Usage)}
	native := make([]json.RawMessage, 0, len(message.Content))
	thought := false
	for _, block := range message.Content {
		native = append(native, json.RawMessage(block.RawJSON()))
		switch block.Type {
		case "text":
			answer.Text += block.Text
		case "tool_use":
			answer.ToolCalls = append(answer.ToolCalls, ToolCall{ID: block.ID, Name: block.Name, Arguments: string(block.Input)})
		case "thinking", "redacted_thinking":
			thought = true
		}
	}
	answer.Stop = messagesStop(message.StopReason)
	if raw, err := json.Marshal(native); thought && err == nil {
		answer.Native = raw
	}
	return answer
}

func messagesStop(reason anthropic.StopReason) Stop {
	switch reason {
	case anthropic.StopReasonMaxTokens, anthropic.StopReasonModelContextWindowExceeded:
		return StopLength
	case anthropic.StopReasonRefusal:
		return StopRefusal
	case anthropic.StopReasonToolUse:
		return StopTools
	default:
		return StopEnd
	}
}

// messagesUsage: Anthropic counts what went through caches apart from the input.
func messagesUsage(usage anthropic.Usage) Tokens {
	return Tokens{
		Input:      usage.InputTokens + usage.CacheReadInputTokens + usage.CacheCreationInputTokens,
		CacheReads: usage.CacheReadInputTokens, CacheWrites: usage.CacheCreationInputTokens, Output: usage.OutputTokens,
	}
}

// messagesSpent is the input as Anthropic counted it at the start, and the output as it was estimated.
func messagesSpent(whole anthropic.Message, sofar partial) Tokens {
	spent := messagesUsage(whole.Usage)
	if spent.Input == 0 {
		return sofar.tokens()
	}
	spent.Output = max(spent.Output, sofar.tokens().Output)
	return spent
}

func anthropicError(ctx context.Context, err error, spent Tokens) *Error {
	if stopped := ended(ctx, spent); stopped != nil {
		return stopped
	}
	fault, ok := errors.AsType[*anthropic.Error](err)
	if !ok {
		return cut("Anthropic", spent)
	}
	if fault.StatusCode < http.StatusBadRequest {
		return inStream("Anthropic", []byte(fault.RawJSON()), spent)
	}
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal([]byte(fault.RawJSON()), &body)
	header := http.Header{}
	if fault.Response != nil {
		header = fault.Response.Header
	}
	return answered("Anthropic", fault.StatusCode, header, string(fault.Type()), body.Error.Message)
}
