package model

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

type responsesAPI struct{ service responses.ResponseService }

// Complete streams one response. Nothing is stored at OpenAI.
func (p responsesAPI) Complete(ctx context.Context, r Request, onDelta func(string)) (Response, error) {
	stream := p.service.NewStreaming(ctx, responsesParams(r), option.WithHeader("X-Client-Request-Id", r.ID))
	defer func() { _ = stream.Close() }()
	sofar := partial{request: r}
	for stream.Next() {
		switch event := stream.Current(); event.Type {
		case "response.output_text.delta", "response.refusal.delta":
			sofar.add(event.Delta)
			onDelta(event.Delta)
		case "response.function_call_arguments.delta":
			sofar.add(event.Delta)
		case "response.completed", "response.incomplete":
			return responsesAnswer(event.Response), nil
		case "response.failed":
			return Response{}, responsesFailure(event.Response)
		case "error":
			fault := answered("OpenAI", statusOf(event.Code), nil, event.Code, event.Message)
			fault.Spent = sofar.tokens()
			return Response{}, fault
		}
	}
	return Response{}, openAIError(ctx, stream.Err(), sofar.tokens())
}

func responsesParams(r Request) responses.ResponseNewParams {
	schema, instructions := r.outputSchema()
	params := responses.ResponseNewParams{
		Model:           r.Model,
		MaxOutputTokens: param.NewOpt(r.MaxOutputTokens),
		Store:           param.NewOpt(false),
		Input:           responses.ResponseNewParamsInputUnion{OfInputItemList: responsesInput(r.Messages)},
	}
	if instructions != "" {
		params.Instructions = param.NewOpt(instructions)
	}
	if r.Temperature != nil {
		params.Temperature = param.NewOpt(*r.Temperature)
	}
	if reasons(r.Model) {
		params.Include = []responses.ResponseIncludable{responses.ResponseIncludableReasoningEncryptedContent}
	}
	if schema != nil {
		format := responses.ResponseFormatTextJSONSchemaConfigParam{Name: "output", Schema: schema, Strict: param.NewOpt(true)}
		params.Text = responses.ResponseTextConfigParam{Format: responses.ResponseFormatTextConfigUnionParam{OfJSONSchema: &format}}
	}
	for _, tool := range r.Tools {
		parameters := tool.parameters()
		function := responses.FunctionToolParam{Name: tool.Name, Parameters: parameters, Strict: param.NewOpt(isEnforceable(parameters))}
		if tool.Description != "" {
			function.Description = param.NewOpt(tool.Description)
		}
		params.Tools = append(params.Tools, responses.ToolUnionParam{OfFunction: &function})
	}
	if r.NoTools && len(r.Tools) > 0 {
		params.ToolChoice = responses.ResponseNewParamsToolChoiceUnion{OfToolChoiceMode: param.NewOpt(responses.ToolChoiceOptionsNone)}
	}
	return params
}

// reasons tells the models that give their reasoning to take along; the others refuse to be asked for it.
func reasons(model string) bool {
	return !strings.HasPrefix(model, "gpt-4") && !strings.HasPrefix(model, "gpt-3") && !strings.Contains(model, "chat")
}

func responsesInput(messages []Message) (items responses.ResponseInputParam) {
	for _, message := range messages {
		switch {
		case message.Answer != nil:
			items = append(items, responsesAnswerItems(*message.Answer)...)
		case message.Results != nil:
			for _, result := range message.Results {
				item := responses.ResponseInputItemParamOfFunctionCallOutput(result.Text)
				item.OfFunctionCallOutput.CallID = param.NewOpt(result.ID)
				items = append(items, item)
			}
		default:
			items = append(items, responses.ResponseInputItemParamOfMessage(message.User, responses.EasyInputMessageRoleUser))
		}
	}
	return items
}

func responsesAnswerItems(answer Answer) (items responses.ResponseInputParam) {
	var native []json.RawMessage
	if json.Unmarshal(answer.Native, &native) == nil && len(native) > 0 {
		for _, raw := range native {
			items = append(items, param.Override[responses.ResponseInputItemUnionParam](raw))
		}
		return items
	}
	if answer.Text != "" {
		items = append(items, responses.ResponseInputItemParamOfMessage(answer.Text, responses.EasyInputMessageRoleAssistant))
	}
	for _, call := range answer.ToolCalls {
		items = append(items, responses.ResponseInputItemParamOfFunctionCall(call.Arguments, call.ID, call.Name))
	}
	return items
}

func responsesAnswer(response responses.Response) Response {
	answer := Response{Stop: StopEnd, Usage: Tokens{
		Input: response.Usage.InputTokens, Output: response.Usage.OutputTokens,
		CacheReads: response.Usage.InputTokensDetails.CachedTokens, CacheWrites: response.Usage.InputTokensDetails.CacheWriteTokens,
	}}
	native := make([]json.RawMessage, 0, len(response.Output))
	reasoned := false
	for _, item := range response.Output {
		native = append(native, json.RawMessage(item.RawJSON()))
		switch item.Type {
		case "reasoning":
			reasoned = true
		case "function_call":
			answer.Stop = StopTools
			answer.ToolCalls = append(answer.ToolCalls, ToolCall{ID: item.CallID, Name: item.Name, Arguments: item.Arguments.OfString})
		case "message":
			answer.say(item.Content)
		}
	}
	switch response.IncompleteDetails.Reason {
	case "max_output_tokens":
		answer.Stop = StopLength
	case "content_filter":
		answer.Stop = StopRefusal
	}
	if raw, err := json.Marshal(native); reasoned && err == nil {
		answer.Native = raw
	}
	return answer
}

func (r *Response) say(contents []responses.ResponseOutputMessageContentUnion) {
	for _, content := range contents {
		r.Text += content.Text + content.Refusal
		if content.Type == "refusal" {
			r.Stop = StopRefusal
		}
	}
}

func responsesFailure(response responses.Response) *Error {
	e := answered("OpenAI", statusOf(string(response.Error.Code)), nil, string(response.Error.Code), response.Error.Message)
	e.Spent = Tokens{Input: response.Usage.InputTokens, Output: response.Usage.OutputTokens}
	return e
}

// statusOf is the status that an error would have had before the stream began.
func statusOf(code string) int {
	switch code {
	case "rate_limit_exceeded", "rate_limit_error":
		return 429
	case "server_error", "overloaded_error", "api_error", "vector_store_timeout":
		return 500
	}
	return 400
}

// partial counts what has arrived of an answer that may be cut.
type partial struct {
	request Request
	bytes   int
}

func (p *partial) add(text string) { p.bytes += len(text) }

// tokens is an estimate at four bytes a token, for what no provider counted; 0 if no text had arrived, as
// providers charge for nothing then.
func (p *partial) tokens() Tokens {
	if p.bytes == 0 {
		return Tokens{}
	}
	sent, err := json.Marshal(p.request)
	if err != nil {
		return Tokens{}
	}
	return Tokens{Input: int64(len(sent)+3) / 4, Output: int64(p.bytes+3) / 4}
}

// inStream reads an error event in the middle of a stream.
func inStream(provider string, data []byte, spent Tokens) *Error {
	var event struct {
		Error struct {
			Message string          `json:"message"`
			Type    string          `json:"type"`
			Code    json.RawMessage `json:"code"` // a word or a number
		} `json:"error"`
	}
	if json.Unmarshal(data, &event) != nil {
		return &Error{Code: node.CodeUnavailable, Message: provider + " ended the stream with an error that cannot be read", Repeatable: true, Spent: spent}
	}
	kind := event.Error.Type
	if code := strings.Trim(string(event.Error.Code), `"`); statusOf(kind) == 400 && code != "" {
		kind = code
	}
	e := answered(provider, statusOf(kind), nil, kind, event.Error.Message)
	e.Spent = spent
	return e
}
