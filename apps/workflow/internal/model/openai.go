package model

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"
	"github.com/openai/openai-go/v3/responses"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
)

const openAIBaseURL = "https://api.openai.com/v1/"

// NewOpenAI makes the provider; an empty base URL is OpenAI's own.
//
// OpenAI itself is asked through the Responses API: since GPT-5.6, its models call no tools in Chat
// Completions while they reason. Other servers are asked through Chat Completions, which they all speak.
func NewOpenAI(key, baseURL string) Provider {
	if baseURL == "" {
		baseURL = openAIBaseURL
	}
	// The services take these options alone, where the SDK's client would read the environment too.
	options := []option.RequestOption{
		option.WithBaseURL(baseURL), option.WithAPIKey(key), option.WithHTTPClient(newHTTPClient()), option.WithMaxRetries(0),
	}
	if isOpenAI(baseURL) {
		return responsesAPI{service: responses.NewResponseService(options...)}
	}
	return chatCompletions{service: openai.NewChatCompletionService(options...)}
}

// NewOpenAIResponses is OpenAI's Responses API at any base URL, for a simulation of it.
func NewOpenAIResponses(key, baseURL string) Provider {
	return responsesAPI{service: responses.NewResponseService(
		option.WithBaseURL(baseURL), option.WithAPIKey(key), option.WithHTTPClient(newHTTPClient()), option.WithMaxRetries(0),
	)}
}

func isOpenAI(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && (u.Hostname() == "api.openai.com" || strings.HasSuffix(u.Hostname(), ".api.openai.com") || strings.HasSuffix(u.Hostname(), ".openai.azure.com"))
}

// openAIError tells what the SDK's error means. The SDK's own text is not shown: it is made for debugging.
func openAIError(ctx context.Context, err error, spent Tokens) *Error {
	if stopped := ended(ctx, spent); stopped != nil {
		return stopped
	}
	if fault, ok := errors.AsType[*openai.Error](err); ok {
		header := http.Header{}
		if fault.Response != nil {
			header = fault.Response.Header
		}
		kind := fault.Type
		if fault.Code == "insufficient_quota" {
			kind = fault.Code
		}
		return answered("OpenAI", fault.StatusCode, header, kind, fault.Message)
	}
	if fault, ok := errors.AsType[*ssestream.StreamError](err); ok {
		return inStream("OpenAI", fault.Event.Data, spent)
	}
	return cut("OpenAI", spent)
}

// ended tells an end of the caller's time from an end of the provider's connection.
func ended(ctx context.Context, spent Tokens) *Error {
	if ctx.Err() == nil {
		return nil
	}
	return &Error{Code: node.CodeTimeout, Message: "the time for the call was over before the answer was whole", Spent: spent}
}
