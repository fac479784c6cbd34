package calls_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/calls"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/internal/modelsim"
)

const key = "sk-hunter2-0123456789abcdef"

// engine takes one step through its program, as the durable engine does, without a database.
type engine struct {
	programs  map[string]node.Program
	models    *model.Models
	performer node.Performer
	workspace string

	mutex sync.Mutex
	log   []string // the types of events, with what tells them apart
	text  string   // everything that users get to see
	used  node.Usage
}

func newEngine(t *testing.T, rules ...modelsim.Rule) *engine {
	t.Helper()
	server := httptest.NewServer(modelsim.New(modelsim.Script{Rules: rules}).Handler())
	t.Cleanup(server.Close)
	prices, err := model.LoadPrices()
	if err != nil {
		t.Fatal(err)
	}
	models := model.NewModels(map[string]model.Account{
		model.OpenAI:    {Provider: model.NewOpenAI(key, server.URL+"/v1"), Key: key},
		model.Anthropic: {Provider: model.NewAnthropic(key, server.URL), Key: key},
	}, prices, time.Millisecond)
	guarded := outbound.NewClient(outbound.Options{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	return &engine{programs: calls.Programs(prices), models: models, performer: calls.NewPerformer(models, guarded, nil, nil, nil)}
}

func (e *engine) emit(kind string, data any) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	if kind != "message.delta" {
		e.log = append(e.log, kind)
	}
	e.text += kind + " " + string(raw) + "\n"
}

func (e *engine) run(t *testing.T, kind, config string) node.Move {
	t.Helper()
	var results []node.CallResult
	for range 20 {
		move := e.programs[kind].Next(json.RawMessage(config), results)
		if len(move.Calls) == 0 {
			return move
		}
		for _, call := range move.Calls {
			id := node.CallID{Workspace: e.workspace, Run: "run_1", Step: "a", Generation: 1, Attempt: 1, Number: call.Number}
			result := e.performer.Perform(t.Context(), id, call, func(event node.Event) { e.emit(event.Type, event.Data) })
			for _, event := range result.Events {
				e.emit(event.Type, event.Data)
			}
			e.used.ModelCalls += result.Usage.ModelCalls
			e.used.ToolCalls += result.Usage.ToolCalls
			if result.Usage.Cost > call.Reserve.Cost || result.Usage.InputTokens > call.Reserve.InputTokens || result.Ended.Before(result.Started) {
				t.Errorf("call %d used %+v of %+v", call.Number, result.Usage, call.Reserve)
			}
			results = append(results, result)
		}
	}
	t.Fatal("the step does not end")
	return node.Move{}
}

func TestAgentWithTools(t *testing.T) {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer hunter2" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"article": r.URL.Query().Get("article"), "price": 12})
	}))
	defer shop.Close()
	config := `{"provider": "%s", "model": "m", "prompt": "What do two lamps cost?", "tools": [
		{"type": "http", "name": "price", "parameters": {"type": "object", "properties": {"article": {"type": "string"}}, "required": ["article"]},
			"url": "` + shop.URL + `", "query": {"article": "${{ args.article }}"}, "headers": {"Authorization": "Bearer hunter2"}},
		{"type": "function", "name": "times", "value": "${{ args.a * args.b }}",
			"parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"]}}]}`
	rules := []modelsim.Rule{
		{Match: modelsim.Match{ToolResults: new(0)}, Reply: modelsim.Reply{Text: "I look.", ToolCalls: []modelsim.ToolCall{
			{Name: "price", Arguments: json.RawMessage(`{"article": "lämp"}`)}, {Name: "prize"},
		}}},
		{Match: modelsim.Match{ToolResults: new(2)}, Reply: modelsim.Reply{ToolCalls: []modelsim.ToolCall{{Name: "times", Arguments: json.RawMessage(`{"a": 2, "b": 12}`)}}}},
		{Match: modelsim.Match{ToolResults: new(3)}, Reply: modelsim.Reply{Text: "24."}},
	}
	for _, provider := range []string{model.OpenAI, model.Anthropic} {
		t.Run(provider, func(t *testing.T) {
			e := newEngine(t, rules...)
			move := e.run(t, "agent", fmt.Sprintf(config, provider))
			if string(move.Output) != `{"text":"24.","data":null,"turns":3}` {
				t.Errorf("got %s, %v\n%s", move.Output, move.Failure, e.text)
			}
			want := "message.started message.completed tool.call tool.result tool.call tool.result message.started message.completed tool.call tool.result message.started message.completed"
			if got := strings.Join(e.log, " "); got != want {
				t.Errorf("the log is %s", got)
			}
			for _, part := range []string{
				`tool.call {"call":1,"tool":"prize","arguments":`, `there is no tool \"prize\"`,
				`tool.call {"call":2,"tool":"price","arguments":{"article":"lämp"}}`,
				`tool.result {"call":2,"tool":"price","status":"succeeded","result":"{\"status\":200,\"body\":{\"article\":\"lämp\",\"price\":12}}"}`,
				`tool.result {"call":4,"tool":"times","status":"succeeded","result":"24"}`,
				`message.delta {"call":1,"text":"I look."}`, `message.completed {"call":5,"text":"24.","tool_calls":[]}`,
			} {
				if !strings.Contains(e.text, part) {
					t.Errorf("the log lacks %s:\n%s", part, e.text)
				}
			}
			if strings.Contains(e.text, "hunter2") {
				t.Errorf("the log tells a secret:\n%s", e.text)
			}
			if e.used != (node.Usage{ModelCalls: 3, ToolCalls: 2}) {
				t.Errorf("used %+v", e.used)
			}
		})
	}
}

// TestWithoutAScript is what a laptop without keys does.
func TestWithoutAScript(t *testing.T) {
	const openAI, anthropic = `"provider": "openai", "model": "gpt-5-mini", "prompt": "Hello"`, `"provider": "anthropic", "model": "claude-sonnet-5-5", "prompt": "Hello"`
	for name, config := range map[string]string{
		"text": `{` + openAI + `}`,
		"tool": `{` + anthropic + `, "tools": [{"type": "function", "name": "f", "value": "${{ args.n }}",
			"parameters": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 5}}, "required": ["n"]}}]}`,
		"data": `{` + openAI + `, "output_schema": {"type": "object", "additionalProperties": false, "required": ["title", "done"],
			"properties": {"title": {"type": "string"}, "done": {"type": "boolean"}}}}`,
		"data, asked": `{` + anthropic + `, "output_schema": {"type": "object", "required": ["words"], "$defs": {"word": {"type": "string", "maxLength": 30}},
			"properties": {"words": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/word"}}}}}`,
		"tool and data": `{` + openAI + `, "tools": [{"type": "function", "name": "f", "value": "${{ 1 }}"}],
			"output_schema": {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "required": ["a"]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t)
			move := e.run(t, "agent", config)
			if move.Failure != nil || !strings.Contains(string(move.Output), "[simulated]") {
				t.Errorf("got %s, %v", move.Output, move.Failure)
			}
		})
	}
}

func TestAnAnswerThatIsCutIsTakenBack(t *testing.T) {
	e := newEngine(t, modelsim.Rule{Times: 1, Reply: modelsim.Reply{Text: strings.Repeat("wrong ", 20), CutAfter: new(32)}}, modelsim.Rule{Reply: modelsim.Reply{Text: "right"}})
	move := e.run(t, "agent", `{"provider": "openai", "model": "gpt-5-mini", "prompt": "?"}`)
	if got := strings.Join(e.log, " "); got != "message.started message.reset message.completed" || !strings.Contains(string(move.Output), `"right"`) {
		t.Errorf("the log is %s, the output %s, %v", got, move.Output, move.Failure)
	}
}

func TestFailuresTellNoKey(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 422, 500} {
		for _, provider := range []string{model.OpenAI, model.Anthropic} {
			e := newEngine(t, modelsim.Rule{Reply: modelsim.Reply{Status: status, Error: "the key " + key + " is wrong"}})
			move := e.run(t, "agent", `{"provider": "`+provider+`", "model": "m", "prompt": "?"}`)
			if move.Failure == nil || strings.Contains(move.Failure.Error()+e.text, "hunter2") {
				t.Errorf("%d: %v\n%s", status, move.Failure, e.text)
			}
		}
	}
}

func TestHTTPNode(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	defer server.Close()
	e := newEngine(t)
	if move := e.run(t, "http", `{"url": "`+server.URL+`"}`); !strings.Contains(string(move.Output), `"body":"ok"`) || e.used.ToolCalls != 1 {
		t.Errorf("got %s, %v", move.Output, move.Failure)
	}
	if move := e.run(t, "http", `{"url": "http://169.254.169.254/"}`); move.Failure == nil || move.Failure.Code != node.CodeRefusedAddress {
		t.Errorf("got %s, %v", move.Output, move.Failure)
	}
}

func TestUnreadableCallsAreFailures(t *testing.T) {
	e := newEngine(t)
	for _, call := range []node.Call{{Kind: node.ModelCall}, {Kind: node.ToolCall}, {Kind: node.ToolCall, Request: json.RawMessage(`{}`)}, {Kind: node.ModelCall, Request: json.RawMessage(`{}`)}} {
		result := e.performer.Perform(t.Context(), node.CallID{}, call, func(node.Event) {})
		if result.Status != node.Failed || result.Failure == nil {
			t.Errorf("%s gives %+v", call.Request, result)
		}
	}
}

// TestACallsTimeout: the call's own bound is within the caller's.
func TestACallsTimeout(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	call := node.Call{Number: 1, Kind: node.ToolCall, Timeout: 50 * time.Millisecond, Request: json.RawMessage(`{"http": {"url": "` + server.URL + `"}}`)}
	result := newEngine(t).performer.Perform(ctx, node.CallID{}, call, func(node.Event) {})
	if result.Failure == nil || result.Failure.Code != node.CodeTimeout || ctx.Err() != nil {
		t.Errorf("got %+v", result)
	}
}

// TestValuesInToolsAreNoExpressions: what the engine resolved before an agent began is text, whatever it looks like.
func TestValuesInToolsAreNoExpressions(t *testing.T) {
	e := newEngine(t, modelsim.Rule{Match: modelsim.Match{ToolResults: new(0)}, Reply: modelsim.Reply{ToolCalls: []modelsim.ToolCall{
		{Name: "f", Arguments: json.RawMessage(`{"a": "${{ args.b }}", "b": 1}`)},
	}}})
	e.run(t, "agent", `{"provider": "openai", "model": "m", "prompt": "?", "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "value": "${{ '${{' }} x }} ${{ args.a }}"}]}`)
	if want := `"result":"${{ x }} ${{ args.b }}"`; !strings.Contains(e.text, want) {
		t.Errorf("the log lacks %s:\n%s", want, e.text)
	}
}
