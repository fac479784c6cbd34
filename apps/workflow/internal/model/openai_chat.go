package model

import (
	"context"
	"encoding/json"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/shared"
)

type chatCompletions struct {
	service openai.ChatCompletionService
}

// Complete streams one chat completion.
func (p chatCompletions) Complete(ctx context.Context, r Request, onDelta func(string)) (Response, error) {
	stream := p.service.NewStreaming(ctx, chatParams(r), option.WithHeader("X-Client-Request-Id", r.ID))
	defer func() { _ = stream.Close() }()
	sofar := partial{request: r}
	var whole openai.ChatCompletionAccumulator
	counted := false
	for stream.Next() {
		chunk := stream.Current()
		if !whole.AddChunk(chunk) {
			return Response{}, cut("OpenAI", sofar.tokens())
		}
		counted = counted || chunk.JSON.Usage.Valid()
		if len(chunk.Choices) == 0 {
			continue
		}
		delta := chunk.Choices[0].Delta
		for _, call := range delta.ToolCalls {
			sofar.add(call.Function.Arguments)
		}
		if text := delta.Content + delta.Refusal; text != "" {
			sofar.add(text)
			onDelta(text)
		}
	}
	if err := stream.Err(); err != nil {
		return Response{}, openAIError(ctx, err, sofar.tokens())
	}
	if len(whole.Choices) == 0 || whole.Choices[0].FinishReason == "" {
		return Response{}, cut("OpenAI", sofar.tokens())
	}
	return chatAnswer(whole.ChatCompletion, counted, sofar), nil
}

func chatParams(r Request) openai.ChatCompletionNewParams {
	schema, instructions := r.outputSchema()
	params := openai.ChatCompletionNewParams{
		Model: r.Model,
		// Its successor max_completion_tokens is OpenAI's; every other server knows this one.
		MaxTokens:     param.NewOpt(r.MaxOutputTokens),
		StreamOptions: openai.ChatCompletionStreamOptionsParam{IncludeUsage: param.NewOpt(true)},
	}
	if instructions != "" {
		params.Messages = append(params.Messages, openai.SystemMessage(instructions))
	}
	params.Messages = append(params.Messages, chatMessages(r.Messages)...)
	if r.Temperature != nil {
		params.Temperature = param.NewOpt(*r.Temperature)
	}
	if schema != nil {
		format := shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "output", Schema: schema, Strict: param.NewOpt(true)}}
		params.ResponseFormat = openai.ChatCompletionNewParamsResponseFormatUnion{OfJSONSchema: &format}
	}
	for _, tool := range r.Tools {
		function := shared.FunctionDefinitionParam{Name: tool.Name, Parameters: tool.parameters()}
		if tool.Description != "" {
			function.Description = param.NewOpt(tool.Description)
		}
		params.Tools = append(params.Tools, openai.ChatCompletionFunctionTool(function))
	}
	if r.NoTools && len(r.Tools) > 0 {
		params.ToolChoice = openai.ChatCompletionToolChoiceOptionUnionParam{OfAuto: param.NewOpt(string(openai.ChatCompletionToolChoiceOptionAutoNone))}
	}
	return params
}

func chatMessages(messages []Message) (converted []openai.ChatCompletionMessageParamUnion) {
	for _, message := range messages {
		switch {
		case message.Answer != nil:
			converted = append(converted, chatAssistant(*message.Answer))
		case message.Results != nil:
			for _, result := range message.Results {
				converted = append(converted, openai.ToolMessage(result.Text, result.ID))
			}
		default:
			converted = append(converted, openai.UserMessage(message.User))
		}
	}
	return converted
}

func chatAssistant(answer Answer) openai.ChatCompletionMessageParamUnion {
	message := openai.AssistantMessage(answer.Text)
	for _, call := range answer.ToolCalls {
		message.OfAssistant.ToolCalls = append(message.OfAssistant.ToolCalls, openai.ChatCompletionMessageToolCallUnionParam{
			OfFunction: &openai.ChatCompletionMessageFunctionToolCallParam{
				ID: call.ID, Function: openai.ChatCompletionMessageFunctionToolCallFunctionParam{Name: call.Name, Arguments: call.Arguments},
			},
		})
	}
	return message
}

func chatAnswer(completion openai.ChatCompletion, counted bool, sofar partial) Response {
	choice := completion.Choices[0]
	answer := Response{Answer: Answer{Text: choice.Message.Content + choice.Message.Refusal}, Stop: StopEnd, Usage: Tokens{
		Input: completion.Usage.PromptTokens, Output: completion.Usage.CompletionTokens,
		CacheReads: completion.Usage.PromptTokensDetails.CachedTokens, CacheWrites: completion.Usage.PromptTokensDetails.CacheWriteTokens,
	}}
	if !counted {
		answer.Usage = uncounted(sofar)
	}
	for _, call := range choice.Message.ToolCalls {
		answer.ToolCalls = append(answer.ToolCalls, ToolCall{ID: call.ID, Name: call.Function.Name, Arguments: call.Function.Arguments})
	}
	switch {
	case choice.FinishReason == "length":
		answer.Stop = StopLength
	case choice.FinishReason == "content_filter" || choice.Message.Refusal != "":
		answer.Stop = StopRefusal
	case len(answer.ToolCalls) > 0:
		answer.Stop = StopTools
	}
	return answer
}

// uncounted is for servers that do not count: the most that it can have been, so that a budget holds.
func uncounted(sofar partial) Tokens {
	sent, err := json.Marshal(sofar.request)
	if err != nil {
		return Tokens{Output: int64(sofar.bytes)}
	}
	return Tokens{Input: int64(len(sent)), Output: int64(sofar.bytes)}
}
