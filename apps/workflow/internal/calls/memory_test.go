package calls_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/calls"
	"github.com/agentteam/agentteam/apps/workflow/internal/memory"
	"github.com/agentteam/agentteam/apps/workflow/internal/model"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/modelsim"
)

// remembering is an engine with a real memory.
func remembering(t *testing.T, rules ...modelsim.Rule) (*engine, *store.Store) {
	t.Helper()
	e, pool := newEngine(t, rules...), databasetest.Open(t)
	tables := store.New(pool)
	e.workspace = databasetest.Workspace(t, pool)
	e.performer = calls.NewPerformer(e.models, http.DefaultClient, nil, nil, tables)
	return e, tables
}

func TestMemoryNode(t *testing.T) {
	e, _ := remembering(t)
	for _, step := range []struct{ config, want string }{
		{`{"action": "get", "namespace": "users", "key": "ada"}`, `{"found":false,"value":null}`},
		{`{"action": "set", "namespace": "users", "key": "ada", "value": {"likes": "tea"}, "ttl": "24h"}`, `{"stored":true}`},
		{`{"action": "get", "namespace": "users", "key": "ada"}`, `{"found":true,"value":{"likes":"tea"}}`},
		{`{"action": "get", "namespace": "others", "key": "ada"}`, `{"found":false,"value":null}`},
		{`{"action": "delete", "namespace": "users", "key": "ada"}`, `{"deleted":true}`},
		{`{"action": "delete", "namespace": "users", "key": "ada"}`, `{"deleted":false}`},
		{`{"action": "search", "query": "tea"}`, `{"hits":[]}`},
	} {
		if move := e.run(t, "memory", step.config); string(move.Output) != step.want {
			t.Errorf("%s gives %s, %v", step.config, move.Output, move.Failure)
		}
	}
	for _, config := range []string{
		`{"action": "set", "namespace": "users", "key": "a/b", "value": 1}`, `{"action": "set", "namespace": "users", "key": "a", "value": 1, "ttl": "-1h"}`,
		`{"action": "set", "namespace": "users", "key": "a", "value": "` + strings.Repeat("x", store.MaxEntry) + `"}`, `{"action": "search", "query": ""}`,
	} {
		if move := e.run(t, "memory", config); move.Failure == nil || move.Failure.Code != "invalid_input" || !move.Failure.Final {
			t.Errorf("%.80s gives %s, %v", config, move.Output, move.Failure)
		}
	}
}

// TestMemoryTools: the document says where, the model what.
func TestMemoryTools(t *testing.T) {
	call := func(name, arguments string) modelsim.ToolCall {
		return modelsim.ToolCall{Name: name, Arguments: json.RawMessage(arguments)}
	}
	e, tables := remembering(t,
		modelsim.Rule{Match: modelsim.Match{ToolResults: new(0)}, Reply: modelsim.Reply{ToolCalls: []modelsim.ToolCall{
			call("note", `{"key": "color", "value": "blue"}`), call("note", `{"key": "color", "value": "red", "namespace": "theirs"}`)}}},
		modelsim.Rule{Match: modelsim.Match{ToolResults: new(2)}, Reply: modelsim.Reply{ToolCalls: []modelsim.ToolCall{call("recall", `{"key": "color"}`), call("look", `{"query": "travel approval"}`)}}},
		modelsim.Rule{Reply: modelsim.Reply{Text: "done"}})
	if _, problems, err := memory.Put(t.Context(), tables, e.workspace, store.SearchDocument{Name: "handbook", Text: "Travel needs an approval by a lead."}); err != nil || problems != nil {
		t.Fatal(problems, err)
	}
	move := e.run(t, "agent", `{"provider": "openai", "model": "m", "prompt": "?", "tools": [
		{"type": "memory_set", "name": "note", "namespace": "user.ada"}, {"type": "memory_get", "name": "recall", "namespace": "user.ada"},
		{"type": "search", "name": "look", "documents": "hand"}]}`)
	if move.Failure != nil {
		t.Fatal(move.Failure)
	}
	for _, part := range []string{
		`"tool":"note","status":"succeeded","result":"{\"stored\":true}"`, `"tool":"recall","status":"succeeded","result":"{\"found\":true,\"value\":\"blue\"}"`,
		`"tool":"look","status":"succeeded"`, `**Travel** needs an **approval**`, `do not fit the tool's parameters`,
	} {
		if !strings.Contains(e.text, part) {
			t.Errorf("the log lacks %s:\n%s", part, e.text)
		}
	}
	if entry, err := tables.Entry(t.Context(), e.workspace, "user.ada", "color"); err != nil || entry.Value != `"blue"` {
		t.Errorf("the memory has %+v, %v", entry, err)
	}
	if e.used.ToolCalls != 3 || e.used.ModelCalls != 3 {
		t.Errorf("used %+v", e.used)
	}
}

// TestASummaryIsNotHeard: the call that folds old messages is paid, and tells the run's readers nothing.
func TestASummaryIsNotHeard(t *testing.T) {
	e := newEngine(t, modelsim.Rule{Match: modelsim.Match{User: "The conversation after it"}, Reply: modelsim.Reply{Text: "folded"}},
		modelsim.Rule{Match: modelsim.Match{User: "now"}, Reply: modelsim.Reply{Text: "answer"}})
	var messages []string
	for i := range 6 {
		messages = append(messages, `{"seq": `+string(rune('1'+i))+`, "role": "`+[]string{"user", "assistant"}[i%2]+`", "text": "said"}`)
	}
	move := e.run(t, "agent", `{"provider": "`+model.Anthropic+`", "model": "m", "prompt": "now", "memory": {"thread": "thr_1", "messages": 4},
		"recalled": {"messages": [`+strings.Join(messages, ",")+`]}}`)
	if move.Said == nil || move.Said.Summary != "folded" || move.Said.Through != 4 || move.Said.Answer != "answer" {
		t.Errorf("got %+v, %v", move.Said, move.Failure)
	}
	if got := strings.Join(e.log, " "); got != "message.started message.completed" || strings.Contains(e.text, "folded") || e.used.ModelCalls != 2 {
		t.Errorf("the log is %s, used %+v:\n%s", got, e.used, e.text)
	}
}
