package model_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
)

// answered is a transport that has one answer for all.
type answered struct {
	status int
	body   string
}

func (a *answered) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: request}, nil
}

// FuzzAnswers lets providers answer anything: it is a response or an *Error, and costs something or nothing, never less.
func FuzzAnswers(f *testing.F) {
	f.Add(200, `data: {"choices": [{"index": 0, "delta": {"content": "hi", "tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": "stop"}],
data: "usage": {"prompt_tokens": 9, "completion_tokens": 2}}

data: [DONE]

`)
	f.Add(200, `data: {"type": "response.completed", "response": {"output": [{"type": "reasoning"},
data: {"type": "message", "content": [{"type": "output_text", "text": "hi"}]}], "usage": {"input_tokens": -9, "output_tokens": 2}}}

`)
	f.Add(200, `event: message_start
data: {"type": "message_start", "message": {"usage": {"input_tokens": 9, "cache_read_input_tokens": -10}}}

event: content_block_start
data: {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}

event: message_stop
data: {"type": "message_stop"}

`)
	f.Add(429, `{"error": {"message": "slow down", "type": "rate_limit_error", "code": 7}}`)
	f.Add(200, "event: error\ndata: {\"error\": []}\n\n")
	given := &answered{}
	usual := http.DefaultTransport
	http.DefaultTransport = given // a server's goroutines would let the fuzzer see something new each time
	f.Cleanup(func() { http.DefaultTransport = usual })
	prices, err := model.LoadPrices()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		given.status, given.body = status, body
		for name, provider := range wires("http://provider.example") {
			tokens := model.Tokens{}
			if response, err := provider.Complete(t.Context(), ask("?"), func(string) {}); err == nil {
				tokens = response.Usage
			} else if fault, ok := errors.AsType[*model.Error](err); !ok {
				t.Errorf("%s: %v", name, err)
			} else {
				tokens = fault.Spent
			}
			if used := prices.Usage(ask("?"), tokens); min(used.InputTokens, used.OutputTokens, used.Cost) < 0 {
				t.Errorf("%s: %+v is used", name, used)
			}
		}
	})
}
