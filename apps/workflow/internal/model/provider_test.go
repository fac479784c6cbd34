package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/internal/modelsim"
)

const key = "sk-hunter2-0123456789abcdef"

// wires are the three ways to speak with a model.
func wires(url string) map[string]model.Provider {
	return map[string]model.Provider{
		"chat":      model.NewOpenAI(key, url+"/v1"),
		"responses": model.NewOpenAIResponses(key, url+"/v1"),
		"messages":  model.NewAnthropic(key, url),
	}
}

func simulation(t *testing.T, rules ...modelsim.Rule) (*modelsim.Server, string) {
	t.Helper()
	sim := modelsim.New(modelsim.Script{Rules: rules})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	return sim, server.URL
}

// each runs a test over every wire, with a simulation of its own.
func each(t *testing.T, rules []modelsim.Rule, test func(t *testing.T, provider model.Provider, sim *modelsim.Server)) {
	t.Helper()
	for _, name := range []string{"chat", "responses", "messages"} {
		t.Run(name, func(t *testing.T) {
			sim, url := simulation(t, rules...)
			test(t, wires(url)[name], sim)
		})
	}
}

func ask(text string) model.Request {
	return model.Request{ID: "run_1/a/1/1/1", Provider: model.OpenAI, Model: "gpt-5-mini", Instructions: "Be brief.", Messages: []model.Message{{User: text}}, MaxOutputTokens: 100}
}

func TestStreaming(t *testing.T) {
	long := strings.Repeat("Grüße, \u4e16\u754c! ", 50)
	rules := []modelsim.Rule{{Reply: modelsim.Reply{Text: long, InputTokens: 90, OutputTokens: 33, CacheReads: 40}}}
	each(t, rules, func(t *testing.T, provider model.Provider, sim *modelsim.Server) {
		var streamed []string
		got, err := provider.Complete(t.Context(), ask("hello"), func(text string) { streamed = append(streamed, text) })
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(streamed, "") != long || len(streamed) < 10 {
			t.Errorf("streamed %d pieces: %q", len(streamed), strings.Join(streamed, ""))
		}
		got.Native = nil
		want := model.Response{Answer: model.Answer{Text: long}, Stop: model.StopEnd, Usage: model.Tokens{Input: 90, CacheReads: 40, Output: 33}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		entry := sim.Journal()[0]
		if entry.ClientRequest != "run_1/a/1/1/1" || entry.Outcome != modelsim.Answered || entry.User != "hello" {
			t.Errorf("the journal has %+v", entry)
		}
	})
}

// TestToolsThereAndBack: the simulation refuses a conversation whose calls and results do not match.
func TestToolsThereAndBack(t *testing.T) {
	rules := []modelsim.Rule{
		{Match: modelsim.Match{ToolResults: new(0)}, Reply: modelsim.Reply{Text: "Let me see.", ToolCalls: []modelsim.ToolCall{
			{Name: "weather", Arguments: json.RawMessage(`{"city": "Köln", "days": 3}`)}, {Name: "weather", Arguments: json.RawMessage(`{"city": "Rom"}`)},
		}}},
		{Match: modelsim.Match{ToolResults: new(2)}, Reply: modelsim.Reply{Text: "Sunny."}},
	}
	each(t, rules, func(t *testing.T, provider model.Provider, _ *modelsim.Server) {
		request := ask("the weather?")
		request.Tools = []model.Tool{{Name: "weather", Description: "of a city", Parameters: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`)}}
		got, err := provider.Complete(t.Context(), request, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if got.Stop != model.StopTools || len(got.ToolCalls) != 2 || got.ToolCalls[0].Name != "weather" || got.ToolCalls[0].Arguments != `{"city": "Köln", "days": 3}` {
			t.Fatalf("got %+v", got)
		}
		encoded, err := json.Marshal(got) // as it is recorded and read again
		if err != nil {
			t.Fatal(err)
		}
		var recorded model.Response
		if err := json.Unmarshal(encoded, &recorded); err != nil {
			t.Fatal(err)
		}
		request.Messages = append(request.Messages, model.Message{Answer: &recorded.Answer}, model.Message{Results: []model.ToolResult{
			{ID: got.ToolCalls[0].ID, Text: "sun"}, {ID: got.ToolCalls[1].ID, Text: "no such city", Failed: true},
		}})
		last, err := provider.Complete(t.Context(), request, func(string) {})
		if err != nil || last.Text != "Sunny." {
			t.Errorf("got %+v, %v", last, err)
		}
		request.Messages = request.Messages[:2]
		if _, err := provider.Complete(t.Context(), request, func(string) {}); err == nil {
			t.Error("a call without its result was not refused")
		}
	})
}

func TestStructuredOutput(t *testing.T) {
	each(t, nil, func(t *testing.T, provider model.Provider, _ *modelsim.Server) {
		for name, schema := range map[string]string{
			"enforced": `{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"array","items":{"enum":["x","y"],"type":"string"}}},"required":["a","b"],"additionalProperties":false}`,
			"asked":    `{"type":"object","properties":{"a":{"type":"integer","minimum":7}}}`,
		} {
			request := ask("fill it")
			request.OutputSchema = json.RawMessage(schema)
			got, err := provider.Complete(t.Context(), request, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			var value struct{ A int }
			if err := json.Unmarshal([]byte(got.Text), &value); err != nil || value.A < 1 {
				t.Errorf("%s: %q, %v", name, got.Text, err)
			}
		}
	})
}

func TestStops(t *testing.T) {
	for stop, want := range map[string]model.Stop{"length": model.StopLength, "refusal": model.StopRefusal} {
		each(t, []modelsim.Rule{{Reply: modelsim.Reply{Text: "I", Stop: stop}}}, func(t *testing.T, provider model.Provider, _ *modelsim.Server) {
			got, err := provider.Complete(t.Context(), ask("?"), func(string) {})
			if err != nil || got.Stop != want {
				t.Errorf("%s: got %+v, %v", stop, got, err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		name       string
		reply      modelsim.Reply
		code       string
		repeatable bool
		spends     bool
	}{
		{"limit", modelsim.Reply{Status: 429, RetryAfter: "7", Error: "slow down"}, node.CodeRateLimited, true, false},
		{"fault", modelsim.Reply{Status: 500, Error: "oops"}, node.CodeUnavailable, true, false},
		{"overload", modelsim.Reply{Status: 529, Error: "oops"}, node.CodeUnavailable, true, false},
		{"refused", modelsim.Reply{Status: 400, Error: "no such model " + key}, node.CodeModel, false, false},
		{"key", modelsim.Reply{Status: 401, Error: "Incorrect API key: " + key}, node.CodeModel, false, false},
		{"cut at once", modelsim.Reply{Text: "abc", CutAfter: new(0)}, node.CodeConnection, true, false},
		{"cut later", modelsim.Reply{Text: strings.Repeat("abc", 50), CutAfter: new(32)}, node.CodeConnection, true, true},
		{"cut in arguments", modelsim.Reply{ToolCalls: []modelsim.ToolCall{{Name: "f", Arguments: json.RawMessage(`{"text":"01234567890123456789"}`)}}, CutAfter: new(16)}, node.CodeConnection, true, true},
		{"overload in the stream", modelsim.Reply{Text: strings.Repeat("abc", 50), CutAfter: new(32), CutWithError: true}, node.CodeUnavailable, true, true},
	} {
		each(t, []modelsim.Rule{{Reply: test.reply}}, func(t *testing.T, provider model.Provider, _ *modelsim.Server) {
			_, err := provider.Complete(t.Context(), ask("?"), func(string) {})
			got, ok := errors.AsType[*model.Error](err)
			if !ok || got.Code != test.code || got.Repeatable != test.repeatable || test.spends && got.Spent.Output < 4 || !test.spends && got.Spent.Output > 1 {
				t.Fatalf("%s: got %#v", test.name, err)
			}
			if test.reply.RetryAfter != "" && got.RetryAfter != 7*time.Second {
				t.Errorf("%s: Retry-After is %s", test.name, got.RetryAfter)
			}
		})
	}
}

func TestTheCallersTimeEndsACall(t *testing.T) {
	rules := []modelsim.Rule{{Reply: modelsim.Reply{Text: strings.Repeat("slow ", 500), ChunkDelay: modelsim.Duration(20 * time.Millisecond)}}}
	each(t, rules, func(t *testing.T, provider model.Provider, _ *modelsim.Server) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := provider.Complete(ctx, ask("?"), func(string) {})
		if got, ok := errors.AsType[*model.Error](err); !ok || got.Code != node.CodeTimeout || got.Spent.Output == 0 {
			t.Errorf("got %#v", err)
		}
	})
}

// TestServersThatDoNotCount: many compatible servers send no usage.
func TestServersThatDoNotCount(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte(`data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"))
	}))
	defer server.Close()
	got, err := model.NewOpenAI(key, server.URL+"/v1").Complete(t.Context(), ask("hello"), func(string) {})
	if err != nil || got.Usage.Input < 100 || got.Usage.Output != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestNothingOfTheEnvironmentIsUsed(t *testing.T) {
	for name, value := range map[string]string{
		"OPENAI_API_KEY": "sk-other", "OPENAI_BASE_URL": "http://127.0.0.1:1", "OPENAI_ORG_ID": "org-other", "OPENAI_CUSTOM_HEADERS": "X-Other: 1",
		"ANTHROPIC_API_KEY": "sk-other", "ANTHROPIC_BASE_URL": "http://127.0.0.1:1", "ANTHROPIC_AUTH_TOKEN": "other", "ANTHROPIC_CUSTOM_HEADERS": "X-Other: 1",
	} {
		t.Setenv(name, value)
	}
	seen := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	for name, provider := range wires(server.URL) {
		if _, err := provider.Complete(t.Context(), ask("?"), func(string) {}); err == nil {
			t.Fatal("no error")
		}
		for header, values := range <-seen {
			if strings.Contains(strings.ToLower(strings.Join(values, " ")), "other") || header == "X-Other" {
				t.Errorf("%s sends %s: %q", name, header, values)
			}
		}
	}
}

func startFuzzed(f *testing.F, sim *modelsim.Server) string {
	f.Helper()
	server := httptest.NewServer(sim.Handler())
	f.Cleanup(server.Close)
	return server.URL
}
