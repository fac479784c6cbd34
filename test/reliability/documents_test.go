//go:build live

package reliability_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// waits is the longest time that a run of mixedDocument has nothing to tell of by itself.
const waits = time.Second

// mixedDocument has an agent of three model calls and two tool calls, an http node, a loop, a wait and pure nodes.
func mixedDocument(pages string) string {
	return fmt.Sprintf(`{
  "schema": "agentteam/v1", "name": "Mixed",
  "inputs": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
  "outputs": {"text": "${{ nodes.ask.output.text }}", "page": "${{ nodes.fetch.output.body.n }}", "items": "${{ nodes.each.output }}", "after": "${{ nodes.after.output }}"},
  "nodes": [
    {"id": "twice", "type": "transform", "config": {"value": "${{ inputs.n * 2 }}"}},
    {"id": "ask", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "instructions": "Use the tools.", "prompt": "mixed task ${{ inputs.n }}", "tools": [
      {"type": "http", "name": "look_up", "description": "Reads a page.", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
       "method": "GET", "url": "%[1]s/${{ args.n }}"},
      {"type": "function", "name": "add_up", "description": "Adds.", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"]},
       "value": "${{ args.a + args.b }}"}]}},
    {"id": "fetch", "type": "http", "config": {"method": "GET", "url": "%[1]s/${{ inputs.n }}"}},
    {"id": "each", "type": "for_each", "config": {"items": "${{ [1, 2, 3, 4] }}", "max_parallel": 2, "body": {
      "nodes": [
        {"id": "get", "type": "http", "config": {"method": "GET", "url": "%[1]s/${{ item }}"}},
        {"id": "keep", "type": "transform", "config": {"value": "${{ nodes.get.output.body.n }}"}}
      ],
      "edges": [{"from": "get", "to": "keep"}], "output": "${{ nodes.keep.output }}"}}},
    {"id": "pause", "type": "wait", "config": {"duration": "1s"}},
    {"id": "all", "type": "join"},
    {"id": "after", "type": "transform", "config": {"value": "${{ nodes.twice.output + 1 }}"}}
  ],
  "edges": [{"from": "twice", "to": "ask"}, {"from": "twice", "to": "fetch"}, {"from": "twice", "to": "each"}, {"from": "twice", "to": "pause"},
    {"from": "ask", "to": "all"}, {"from": "fetch", "to": "all"}, {"from": "each", "to": "all"}, {"from": "pause", "to": "all"}, {"from": "all", "to": "after"}]
}`, pages)
}

// mixedOutputs is what a run of mixedDocument gives for n.
func mixedOutputs(n int) map[string]any {
	return map[string]any{"text": mixedAnswer, "page": float64(n), "items": []any{1.0, 2.0, 3.0, 4.0}, "after": float64(2*n + 1)}
}

// slowDocument is one agent whose answer takes four seconds.
const slowDocument = `{
  "schema": "agentteam/v1", "name": "Slow",
  "inputs": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
  "outputs": {"text": "${{ nodes.ask.output.text }}"},
  "nodes": [{"id": "ask", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "slow task ${{ inputs.n }}"}}],
  "edges": []
}`

func slowOutputs(int) map[string]any { return map[string]any{"text": slowAnswer()} }

// newPages is what http nodes and tools read: every page says its number.
func newPages(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		n, err := strconv.Atoi(r.URL.Path[1:])
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]int{"n": n})
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}
