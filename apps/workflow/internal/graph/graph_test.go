package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

func catalog() Catalog {
	return Catalog{
		Types:     DefaultTypes(),
		Providers: map[string]string{"openai": "", "anthropic": "ANTHROPIC_API_KEY is not set"},
		Subworkflow: func(workflow string, version int) (json.RawMessage, bool, error) {
			if workflow == "wfl_broken" {
				return nil, false, errors.New("no connection")
			}
			return json.RawMessage(`{"type": "object", "properties": {"n": {"type": "integer"}, "d": {"default": 1}},
				"required": ["n", "d"], "additionalProperties": false}`), workflow == "wfl_1" && version == 2, nil
		},
		Agent: func(agent string, version int) (json.RawMessage, bool, error) {
			switch agent {
			case "agt_broken":
				return nil, false, errors.New("no connection")
			case "agt_endless": // which no version can be: it would have to be published before itself
				return json.RawMessage(`{"name": "E", "provider": "openai", "model": "m", "tools": [{"type": "agent", "name": "x", "agent": "agt_endless", "version": 1}]}`), true, nil
			case "agt_tracker":
				return json.RawMessage(`{"name": "Tracker", "provider": "openai", "model": "m", "tools": [` + tracker + `]}`), true, nil
			case "agt_away":
				return json.RawMessage(`{"name": "Away", "provider": "anthropic", "model": "m"}`), true, nil
			}
			return json.RawMessage(published), agent == "agt_1" && version == 2, nil
		},
	}
}

// tracker are tools of an OpenAPI document's operations.
const tracker = `{"type": "openapi", "name": "tracker", "operations": ["list", "look"], "document": {"openapi": "3.0.3", "info": {"title": "T", "version": "1"},
	"servers": [{"url": "https://tracker.example.com"}], "paths": {
		"/all": {"get": {"operationId": "list", "responses": {"200": {"description": "fine"}}}}, "/one": {"get": {"operationId": "look", "responses": {"200": {"description": "fine"}}}}}}}`

// published is version 2 of the agent agt_1.
const published = `{"name": "Adder", "description": "adds", "provider": "openai", "model": "m", "instructions": "Add.", "max_turns": 3,
	"tools": [{"type": "function", "name": "add", "parameters": {"type": "object", "properties": {"a": {}}}, "value": "${{ args.a + 1 }}"}]}`

// crew is a team of a type, of two members and more.
func crew(kind, more string) string {
	return `{"id": "t", "type": "` + kind + `", "config": {"prompt": "${{ inputs.p }}", "members": [{"name": "a", "agent": "agt_1", "version": 2},
		{"name": "b", "provider": "openai", "model": "m", "instructions": "Be ${{ inputs.mood }}."}]` + more + `}}`
}

const boss = `, "supervisor": {"provider": "openai", "model": "m"}`

func reference(more string) string {
	return `{"id": "g", "type": "agent", "config": {"prompt": "${{ inputs.p }}"` + more + `}}`
}

// compile makes a document of nodes and edges.
func compile(t testing.TB, nodes, edges, more string) (*Graph, []document.Problem) {
	t.Helper()
	source := fmt.Sprintf(`{"schema": "agentteam/v1", "name": "x", "nodes": [%s], "edges": [%s]%s}`, nodes, edges, more)
	d, problems := document.Decode([]byte(source))
	if problems != nil {
		t.Fatalf("%s: %v", source, problems)
	}
	return Compile(d, catalog())
}

func TestCompileTheManualsExample(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/workflow-document.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(page)
	d, problems := document.Decode(found[1])
	if problems != nil {
		t.Fatal(problems)
	}
	g, problems := Compile(d, catalog())
	if problems != nil {
		t.Fatal(problems)
	}
	write := g.Node("write")
	if write.Timeout != agentTimeout || write.OnError != document.Stop || write.Pure || g.MaxParallel != 10 {
		t.Errorf("write is %+v", write)
	}
	if in := g.Node("send").In; len(in) != 1 || in[0].From != g.Node("check") || in[0].Port != "approved" {
		t.Errorf("into send: %+v", in)
	}
	// Every type that the manual lists is known, and no other.
	var listed, known []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [^|]*\\|[^|]*\\|[^|]*\\|$").FindAllSubmatch(page, -1) {
		listed = append(listed, string(row[1]))
	}
	for _, typ := range DefaultTypes() {
		known = append(known, typ.Name)
	}
	slices.Sort(listed)
	if !slices.Equal(listed, known) {
		t.Errorf("the manual has %v, the engine %v", listed, known)
	}
}

const (
	a = `{"id": "a", "type": "transform", "config": {"value": 1}}`
	b = `{"id": "b", "type": "transform", "config": {"value": 2}}`
	c = `{"id": "c", "type": "transform", "config": {"value": "${{ nodes.a.output }}"}}`
)

func agentWith(more string) string {
	return `{"id": "g", "type": "agent", "config": {"provider": "openai", "model": "m", "prompt": "p"` + more + `}}`
}

func each(config string) string {
	return `{"id": "l", "type": "for_each", "config": {"items": [1], ` + config + `}}`
}

func TestCompileRefuses(t *testing.T) {
	tests := []struct{ name, nodes, edges, more, pointer, code, text string }{
		{"type", `{"id": "a", "type": "agnet"}`, "", "", "/nodes/0/type", problem.CodeUnknownType, "agent, approval"},
		{"config's field", `{"id": "a", "type": "transform", "config": {"value": 1, "vlaue": 2}}`, "", "", "/nodes/0/config/vlaue", problem.CodeUnknownField, "vlaue"},
		{"config missing", `{"id": "a", "type": "transform"}`, "", "", "/nodes/0/config", problem.CodeMissingField, "value"},
		{"config's type", `{"id": "a", "type": "template", "config": {"template": 3}}`, "", "", "/nodes/0/config/template", problem.CodeWrongType, "found number 3"},
		{"expression's type", `{"id": "a", "type": "if", "config": {"condition": "${{ 1 + 1 }}"}}`, "", "", "/nodes/0/config/condition", problem.CodeWrongType, "boolean"},
		{"text for a number", agentWith(`, "max_turns": "${{ 3 }} turns"`), "", "", "/nodes/0/config/max_turns", problem.CodeWrongType, "integer"},
		{"turns", agentWith(`, "max_turns": 101`), "", "", "/nodes/0/config/max_turns", problem.CodeOutOfRange, "at most 100"},
		{"provider", agentWith(`, "provider": "anthropic"`)[:0] + strings.Replace(agentWith(""), "openai", "anthropic", 1), "", "", "/nodes/0/config/provider", problem.CodeUnavailable,
			"ANTHROPIC_API_KEY"},
		{"unknown provider", strings.Replace(agentWith(""), "openai", "azure", 1), "", "", "/nodes/0/config/provider", problem.CodeUnknownValue, `"azure"`},
		{"computed provider", strings.Replace(agentWith(""), "openai", "${{ inputs.p }}", 1), "", "", "/nodes/0/config/provider", problem.CodeNotConstant, "published"},
		{"output schema", agentWith(`, "output_schema": {"type": "objct"}`), "", "", "/nodes/0/config/output_schema/type", problem.CodeInvalidSchema, "objct"},
		{"remote schema", agentWith(`, "output_schema": {"$ref": "http://example.com/s.json"}`), "", "", "/nodes/0/config/output_schema", problem.CodeInvalidSchema, "$defs"},
		{"tool without url", agentWith(`, "tools": [{"type": "http", "name": "t"}]`), "", "", "/nodes/0/config/tools/0", problem.CodeMissingField, "url"},
		{"tool's field", agentWith(`, "tools": [{"type": "function", "name": "t", "value": 1, "url": "https://x"}]`), "", "", "/nodes/0/config/tools/0/url", problem.CodeNotAllowed, "function"},
		{"memory tool without namespace", agentWith(`, "tools": [{"type": "memory_get", "name": "t"}]`), "", "", "/nodes/0/config/tools/0", problem.CodeMissingField, "namespace"},
		{"search tool's parameters", agentWith(`, "tools": [{"type": "search", "name": "t", "parameters": {"type": "object"}}]`), "", "", "/nodes/0/config/tools/0/parameters",
			problem.CodeNotAllowed, "search"},
		{"memory without key", `{"id": "a", "type": "memory", "config": {"action": "get", "namespace": "n"}}`, "", "", "/nodes/0/config", problem.CodeMissingField, "key"},
		{"memory's field", `{"id": "a", "type": "memory", "config": {"action": "get", "namespace": "n", "key": "k", "ttl": "1h"}}`, "", "", "/nodes/0/config/ttl", problem.CodeNotAllowed, "get"},
		{"memory's thread", agentWith(`, "memory": {"messages": 3}`), "", "", "/nodes/0/config/memory", problem.CodeMissingField, "thread"},
		{"what is recalled", agentWith(`, "recalled": {"messages": []}`), "", "", "/nodes/0/config/recalled", problem.CodeUnknownField, "recalled"},
		{"tool's name", agentWith(`, "tools": [{"type": "function", "name": "a b", "value": 1}]`), "", "", "/nodes/0/config/tools/0/name", problem.CodeInvalidFormat, "a b"},
		{"tools' names", agentWith(`, "tools": [{"type": "function", "name": "t", "value": 1}, {"type": "function", "name": "t", "value": 1}]`), "", "", "/nodes/0/config/tools/1/name",
			problem.CodeDuplicateID, "name t"},
		{"tool's args", agentWith(`, "tools": [{"type": "function", "name": "t", "parameters": {"type": "object", "properties": {"city": {}}}, "value": "${{ args.ctiy }}"}]`), "", "",
			"/nodes/0/config/tools/0/value", problem.CodeExpression, "did you mean city?"},
		{"args outside of tools", agentWith(`, "instructions": "${{ args.x }}"`), "", "", "/nodes/0/config/instructions", problem.CodeExpression, "args"},
		{"agent's version", reference(`, "agent": "agt_1"`), "", "", "/nodes/0/config", problem.CodeMissingField, "version is missing"},
		{"unknown version", reference(`, "agent": "agt_1", "version": 3`), "", "", "/nodes/0/config/version", problem.CodeUnknownVersion, "version 3"},
		{"unknown agent", reference(`, "agent": "agt_2", "version": 2`), "", "", "/nodes/0/config/version", problem.CodeUnknownVersion, "agt_2"},
		{"agent lookup", reference(`, "agent": "agt_broken", "version": 2`), "", "", "/nodes/0/config/agent", problem.CodeUnavailable, "try again"},
		{"agent's own field", reference(`, "agent": "agt_1", "version": 2, "model": "other"`), "", "", "/nodes/0/config/model", problem.CodeNotAllowed, "of its own"},
		{"agent's provider", reference(`, "agent": "agt_away", "version": 2`), "", "", "/nodes/0/config/agent", problem.CodeUnavailable, "ANTHROPIC_API_KEY"},
		{"neither agent nor model", reference(`, "provider": "openai"`), "", "", "/nodes/0/config", problem.CodeMissingField, "model is missing"},
		{"team without a leader", crew("supervisor", ""), "", "", "/nodes/0/config", problem.CodeMissingField, "supervisor is missing"},
		{"member's version", strings.Replace(crew("supervisor", boss), `"version": 2`, `"version": 4`, 1), "", "", "/nodes/0/config/members/0/version", problem.CodeUnknownVersion, "version 4"},
		{"member's provider", strings.Replace(crew("supervisor", boss), `agt_1`, `agt_away`, 1), "", "", "/nodes/0/config/members/0/agent", problem.CodeUnavailable, "ANTHROPIC_API_KEY"},
		{"members' names", strings.Replace(crew("handoff", ""), `"name": "b"`, `"name": "a"`, 1), "", "", "/nodes/0/config/members/1/name", problem.CodeDuplicateID, "name a"},
		{"a member like a tool", crew("supervisor", `, "supervisor": {"provider": "openai", "model": "m", "tools": [{"type": "function", "name": "b", "value": 1}]}`), "", "",
			"/nodes/0/config/members/1/name", problem.CodeDuplicateID, "name b"},
		{"a member without a name", strings.Replace(crew("handoff", ""), `"name": "b", `, ``, 1), "", "", "/nodes/0/config/members/1", problem.CodeMissingField, "name is missing"},
		{"a member without a model", strings.Replace(crew("handoff", ""), `, "model": "m"`, ``, 1), "", "", "/nodes/0/config/members/1", problem.CodeMissingField, "model is missing"},
		{"a member's expression", strings.Replace(crew("handoff", ""), `inputs.mood`, `input.mood`, 1), "", "", "/nodes/0/config/members/1/instructions", problem.CodeExpression, "input"},
		{"who begins", crew("handoff", `, "start": "c"`), "", "", "/nodes/0/config/start", problem.CodeUnknownValue, "the members are a, b"},
		{"who passes on", crew("handoff", `, "handoffs": {"c": ["a"]}`), "", "", "/nodes/0/config/handoffs/c", problem.CodeUnknownValue, "no member c"},
		{"to whom", crew("handoff", `, "handoffs": {"a": ["b", "c"]}`), "", "", "/nodes/0/config/handoffs/a/1", problem.CodeUnknownValue, "no member c"},
		{"to itself", crew("handoff", `, "handoffs": {"a": ["a"]}`), "", "", "/nodes/0/config/handoffs/a/0", problem.CodeNotAllowed, "itself"},
		{"a tool like a hand-off", strings.Replace(crew("handoff", ""), `"model": "m"`, `"model": "m", "tools": [{"type": "function", "name": "transfer_to_a", "value": 1}]`, 1), "", "",
			"/nodes/0/config/members/1/tools/0/name", problem.CodeNotAllowed, "hand-offs"},
		{"a planner's schema", crew("plan_execute", `, "planner": {"provider": "openai", "model": "m", "output_schema": {"type": "object"}}`), "", "", "/nodes/0/config/planner/output_schema",
			problem.CodeNotAllowed, "plan"},
		{"an agent as tool, written out", agentWith(`, "tools": [{"type": "agent", "name": "x", "definition": {"provider": "openai", "model": "m"}}]`), "", "",
			"/nodes/0/config/tools/0/definition", problem.CodeNotAllowed, "published"},
		{"an agent as tool, unnamed", agentWith(`, "tools": [{"type": "agent", "name": "x"}]`), "", "", "/nodes/0/config/tools/0", problem.CodeMissingField, "agent is missing"},
		{"an agent as tool, unknown", agentWith(`, "tools": [{"type": "agent", "name": "x", "agent": "agt_3", "version": 1}]`), "", "", "/nodes/0/config/tools/0/version",
			problem.CodeUnknownVersion, "agt_3"},
		{"agents within agents without end", agentWith(`, "tools": [{"type": "agent", "name": "x", "agent": "agt_endless", "version": 1}]`), "", "", "/nodes/0/config/tools/0/agent",
			problem.CodeTooDeep, "3"},
		{"url", `{"id": "a", "type": "http", "config": {"url": "ftp://x"}}`, "", "", "/nodes/0/config/url", problem.CodeInvalidFormat, "ftp"},
		{"method", `{"id": "a", "type": "http", "config": {"url": "https://x", "method": "get"}}`, "", "", "/nodes/0/config/method", problem.CodeUnknownValue, `"get"`},
		{"wait", `{"id": "a", "type": "wait", "config": {}}`, "", "", "/nodes/0/config", problem.CodeSchemaMismatch, "duration is missing"},
		{"wait twice", `{"id": "a", "type": "wait", "config": {"duration": "1s", "until": "2026-01-01T00:00:00Z"}}`, "", "", "/nodes/0/config", problem.CodeSchemaMismatch, "exactly one"},
		{"wait until", `{"id": "a", "type": "wait", "config": {"until": "tomorrow"}}`, "", "", "/nodes/0/config/until", problem.CodeInvalidFormat, "tomorrow"},
		{"expires_in", `{"id": "a", "type": "approval", "config": {"title": "t", "expires_in": "1 day"}}`, "", "", "/nodes/0/config/expires_in", problem.CodeInvalidFormat, "24h"},
		{"form", `{"id": "a", "type": "input", "config": {"title": "t", "schema": {"type": "array"}}}`, "", "", "/nodes/0/config/schema/type", problem.CodeInvalidSchema, "array"},
		{"join n", `{"id": "a", "type": "join", "config": {"mode": "n"}}`, "", "", "/nodes/0/config", problem.CodeMissingField, "n is missing"},
		{"join too many", a + `,{"id": "j", "type": "join", "config": {"mode": "n", "n": 2}}`, `{"from": "a", "to": "j"}`, "", "/nodes/1/config/n", problem.CodeOutOfRange, "only 1"},
		{"when", `{"id": "a", "type": "transform", "when": "inputs.x > 1", "config": {"value": 1}}`, "", "", "/nodes/0/when", problem.CodeExpression, "${{"},
		{"when's type", `{"id": "a", "type": "transform", "when": "${{ 'x' }}", "config": {"value": 1}}`, "", "", "/nodes/0/when", problem.CodeWrongType, "boolean"},
		{"retry of pure", `{"id": "a", "type": "transform", "retry": {"max_attempts": 3}, "config": {"value": 1}}`, "", "", "/nodes/0/retry", problem.CodeNotAllowed, "same result"},
		{"edge from nowhere", a, `{"from": "x", "to": "a"}`, "", "/edges/0/from", problem.CodeUnknownNode, "node x"},
		{"port", a + "," + b, `{"from": "a.true", "to": "b"}`, "", "/edges/0/from", problem.CodeUnknownPort, "it has none"},
		{"port error", a + "," + b, `{"from": "a.error", "to": "b"}`, "", "/edges/0/from", problem.CodeUnknownPort, "on_error: route"},
		{"port of a switch", `{"id": "s", "type": "switch", "config": {"value": 1, "cases": [{"equals": 1, "port": "one"}]}},` + b, `{"from": "s.two", "to": "b"}`, "", "/edges/0/from",
			problem.CodeUnknownPort, "one, default"},
		{"case's port", `{"id": "s", "type": "switch", "config": {"value": 1, "cases": [{"equals": 1, "port": "default"}]}}`, "", "", "/nodes/0/config/cases/0/port", problem.CodeNotAllowed, "default"},
		{"edge twice", a + "," + b, `{"from": "a", "to": "b"}, {"from": "a", "to": "b"}`, "", "/edges/1", problem.CodeDuplicateEdge, "a to b"},
		{"circle", a + "," + b, `{"from": "a", "to": "b"}, {"from": "b", "to": "a"}`, "", "/nodes/0", problem.CodeCycle, "a → b → a"},
		{"circle of one", a, `{"from": "a", "to": "a"}`, "", "/nodes/0", problem.CodeCycle, "a → a"},
		{"unknown reference", `{"id": "a", "type": "transform", "config": {"value": ["${{ nodes.x.output }}"]}}`, "", "", "/nodes/0/config/value/0", problem.CodeUnknownNode, "node x"},
		{"not before", a + "," + c, "", "", "/nodes/1/config/value", problem.CodeNotBefore, "add an edge from a"},
		{"itself", `{"id": "a", "type": "transform", "config": {"value": "${{ nodes.a.output }}"}}`, "", "", "/nodes/0/config/value", problem.CodeNotBefore, "own result"},
		{"behind any", a + "," + b + `,{"id": "j", "type": "join", "config": {"mode": "any"}},` + c, `{"from": "a", "to": "j"},{"from": "b", "to": "j"},{"from": "j", "to": "c"}`, "",
			"/nodes/3/config/value", problem.CodeNotBefore, "nodes.j.output"},
		{"outputs", a, "", `, "outputs": {"x": "${{ nodes.z.output }}"}`, "/outputs/x", problem.CodeUnknownNode, "node z"},
		{"inputs", a, "", `, "inputs": {"type": "string"}`, "/inputs/type", problem.CodeInvalidSchema, "object"},
		{"unknown input", `{"id": "a", "type": "transform", "config": {"value": "${{ inputs.topik }}"}}`, "", `, "inputs": {"type": "object", "properties": {"topic": {}}}`,
			"/nodes/0/config/value", problem.CodeExpression, "did you mean topic?"},
		{"loop without body", `{"id": "l", "type": "for_each", "config": {"items": []}}`, "", "", "/nodes/0/config", problem.CodeMissingField, "body"},
		{"loop over text", `{"id": "l", "type": "for_each", "config": {"items": "${{ 'x' }}", "body": {"nodes": [` + a + `]}}}`, "", "", "/nodes/0/config/items", problem.CodeWrongType, "array"},
		{"outer node in a loop", a + "," + each(`"body": {"nodes": [{"id": "x", "type": "transform", "config": {"value": "${{ nodes.a.output }}"}}]}`), `{"from": "a", "to": "l"}`, "",
			"/nodes/1/config/body/nodes/0/config/value", problem.CodeUnknownNode, "no node a"},
		{"with", each(`"with": {"lang": 1}, "body": {"nodes": [{"id": "x", "type": "transform", "config": {"value": "${{ with.lnag }}"}}]}`), "", "", "/nodes/0/config/body/nodes/0/config/value",
			problem.CodeExpression, "did you mean lang?"},
		{"item outside of a loop", `{"id": "a", "type": "transform", "config": {"value": "${{ item }}"}}`, "", "", "/nodes/0/config/value", problem.CodeExpression, "item"},
		{"loop's output", each(`"body": {"nodes": [` + a + `], "output": "${{ nodes.b.output }}"}`), "", "", "/nodes/0/config/body/output", problem.CodeUnknownNode, "node b"},
		{"four loops", each(`"body": {"nodes": [` + each(`"body": {"nodes": [`+each(`"body": {"nodes": [`+each(`"body": {"nodes": [`+a+`]}`)+`]}`)+`]}`) + `]}`), "", "",
			"/nodes/0/config/body/nodes/0/config/body/nodes/0/config/body/nodes/0/config/body", problem.CodeOutOfRange, "3"},
		{"sub-workflow", `{"id": "s", "type": "subworkflow", "config": {"workflow": "wfl_1", "version": 3}}`, "", "", "/nodes/0/config/version", problem.CodeUnknownVersion, "version 3"},
		{"sub-workflow lookup", `{"id": "s", "type": "subworkflow", "config": {"workflow": "wfl_broken", "version": 3}}`, "", "", "/nodes/0/config/workflow", problem.CodeUnavailable, "try again"},
		{"sub-workflow's inputs", `{"id": "s", "type": "subworkflow", "config": {"workflow": "wfl_1", "version": 2, "inputs": {"n": "x"}}}`, "", "", "/nodes/0/config/inputs/n",
			problem.CodeWrongType, "integer"},
		{"sub-workflow without inputs", `{"id": "s", "type": "subworkflow", "config": {"workflow": "wfl_1", "version": 2}}`, "", "", "/nodes/0/config/inputs", problem.CodeMissingField, "n is missing"},
		{"computed version", `{"id": "s", "type": "subworkflow", "config": {"workflow": "wfl_1", "version": "${{ 2 }}"}}`, "", "", "/nodes/0/config/version", problem.CodeNotConstant, "published"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, problems := compile(t, tt.nodes, tt.edges, tt.more)
			if g != nil || len(problems) != 1 {
				t.Fatalf("got %+v, want one problem", problems)
			}
			if p := problems[0]; p.Pointer != tt.pointer || p.Code != tt.code || !strings.Contains(p.Message, tt.text) {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestCompileAccepts(t *testing.T) {
	tests := []struct{ name, nodes, edges, more string }{
		{"expressions where values are checked",
			`{"id": "h", "type": "http", "config": {"url": "${{ inputs.base }}/x", "method": "${{ inputs.m }}", "success": "${{ inputs.s }}", "headers": {"A": "b ${{ inputs.t }}"}}}`, "", ""},
		{"computed turns", agentWith(`, "max_turns": "${{ inputs.n }}", "temperature": 0.5`), "", ""},
		{"tools", agentWith(`, "tools": [{"type": "http", "name": "t", "url": "https://x/${{ args.id }}", "headers": {"Authorization": "Bearer ${{ inputs.token }}"},
			"parameters": {"type": "object", "description": "${{ no expression }}"}}]`), "", ""},
		{"supervisor", crew("supervisor", boss), "", ""},
		{"hand-off", crew("handoff", `, "start": "b", "handoffs": {"a": ["b"]}, "max_handoffs": "${{ inputs.n }}"`), "", ""},
		{"parallel with a judge", crew("parallel_agents", `, "judge": {"agent": "agt_1", "version": 2}`), "", ""},
		{"plan and execute", crew("plan_execute", `, "planner": {"provider": "openai", "model": "m"}, "max_plans": 2`), "", ""},
		{"an agent as tool", agentWith(`, "tools": [{"type": "agent", "name": "x", "agent": "agt_1", "version": 2}]`), "", ""},
		{"reference to an agent", reference(`, "agent": "agt_1", "version": 2`), "", ""},
		{"behind any, what is before each",
			a + `,{"id": "x", "type": "transform", "config": {"value": 1}},{"id": "y", "type": "transform", "config": {"value": 1}},{"id": "j", "type": "join", "config": {"mode": "any"}},` + c,
			`{"from": "a", "to": "x"},{"from": "a", "to": "y"},{"from": "x", "to": "j"},{"from": "y", "to": "j"},{"from": "j", "to": "c"}`, ""},
		{"route", `{"id": "h", "type": "http", "on_error": "route", "config": {"url": "https://x"}},` + a + "," + b, `{"from": "h.error", "to": "a"},{"from": "h", "to": "b"}`, ""},
		{"a port into two and two ports into one", `{"id": "i", "type": "if", "config": {"condition": true}},` + a + "," + b,
			`{"from": "i.true", "to": "a"},{"from": "i.false", "to": "a"},{"from": "i.true", "to": "b"}`, ""},
		{"sub-workflow", `{"id": "s", "type": "subworkflow", "config": {"workflow": "wfl_1", "version": 2, "inputs": {"n": "${{ inputs.n }}"}}}`, "", ""},
		{"computed with", each(`"body": {"nodes": [{"id": "x", "type": "transform", "config": {"value": "${{ with.any }} ${{ item }} ${{ index }}"}}]}, "with": "${{ inputs.w }}"`), "", ""},
		{"outputs", a, "", `, "outputs": {"x": "${{ nodes.a.output }}", "y": 1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, problems := compile(t, tt.nodes, tt.edges, tt.more); problems != nil {
				t.Error(problems)
			}
		})
	}
}

func TestCompileReportsEverythingAtOnce(t *testing.T) {
	_, problems := compile(t, `{"id": "a", "type": "nope"}, {"id": "b", "type": "transform", "config": {"value": "${{ nodes.z }} ${{ 1 + }}"}}, `+agentWith(`, "max_turns": 0`),
		`{"from": "q", "to": "b"}`, `, "outputs": {"o": "${{ x }}"}`)
	var got []string
	for _, p := range problems {
		got = append(got, p.Pointer+" "+p.Code)
	}
	want := []string{"/edges/0/from unknown_node", "/nodes/0/type unknown_type", "/nodes/1/config/value invalid_expression", "/nodes/1/config/value unknown_node",
		"/nodes/2/config/max_turns out_of_range", "/outputs/o invalid_expression"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestOrderIsTheDocumentsWherePossible(t *testing.T) {
	var nodes []string
	for _, id := range []string{"e", "d", "c", "b", "a"} {
		nodes = append(nodes, fmt.Sprintf(`{"id": %q, "type": "transform", "config": {"value": 1}}`, id))
	}
	g, problems := compile(t, strings.Join(nodes, ","), `{"from": "b", "to": "e"}, {"from": "a", "to": "d"}`, "")
	if problems != nil {
		t.Fatal(problems)
	}
	var order []string
	for _, n := range g.Order {
		order = append(order, n.ID)
	}
	if got := strings.Join(order, ""); got != "cbead" {
		t.Errorf("the order is %s", got)
	}
}

func TestCheckInputs(t *testing.T) {
	g, problems := compile(t, a, "", `, "inputs": {"type": "object", "properties": {
		"topic": {"type": "string"}, "lang": {"type": "string", "default": "en"},
		"page": {"type": "object", "properties": {"size": {"type": "integer", "default": 10}}}}, "required": ["topic", "lang"], "additionalProperties": false}`)
	if problems != nil {
		t.Fatal(problems)
	}
	tests := []struct{ given, want, problem string }{
		{`{"topic": "x"}`, `{"topic":"x","lang":"en"}`, ""},
		{`{"lang": "de", "topic": "x", "page": {}}`, `{"lang":"de","topic":"x","page":{"size":10}}`, ""},
		{``, "", " missing_field"},
		{`null`, "", " wrong_type"},
		{`{"topic": 1}`, "", "/topic wrong_type"},
		{`{"topic": "x", "y": 1}`, "", "/y unknown_field"},
		{`{"topic": "x", "topic": "y"}`, "", "/topic duplicate_key"},
		{`{"topic": "x"`, "", " invalid_json"},
		{`{"topic": "` + strings.Repeat("x", maxInputs) + `"}`, "", " too_large"},
	}
	for _, tt := range tests {
		got, problems := g.CheckInputs(json.RawMessage(tt.given))
		if tt.problem == "" {
			if string(got) != tt.want || problems != nil {
				t.Errorf("%.50s gave %s, %v; want %s", tt.given, got, problems, tt.want)
			}
			continue
		}
		if len(problems) != 1 || problems[0].Pointer+" "+problems[0].Code != tt.problem {
			t.Errorf("%.50s gave %v; want %s", tt.given, problems, tt.problem)
		}
	}
}

func TestCompileNode(t *testing.T) {
	n, problems := document.DecodeNode([]byte(`{"id": "a", "type": "transform", "config": {"value": "${{ nodes.any_other.output + item }}"}}`))
	if problems != nil {
		t.Fatal(problems)
	}
	if _, problems := CompileNode(*n, catalog()); problems != nil {
		t.Error(problems)
	}
	n, problems = document.DecodeNode([]byte(`{"id": "a", "type": "transform", "config": {"value": "${{ nodes.x.outptu }}"}}`))
	if problems != nil {
		t.Fatal(problems)
	}
	if _, problems := CompileNode(*n, catalog()); len(problems) != 1 || problems[0].Pointer != "/config/value" {
		t.Error(problems)
	}
}

func TestUnavailableType(t *testing.T) {
	k := catalog()
	for i := range k.Types {
		if k.Types[i].Name == "approval" {
			k.Types[i].Unavailable = "nobody is here"
		}
	}
	d, _ := document.Decode([]byte(`{"schema": "agentteam/v1", "name": "x", "nodes": [{"id": "a", "type": "approval", "config": {"title": "t"}}]}`))
	if _, problems := Compile(d, k); len(problems) != 1 || problems[0].Code != problem.CodeUnavailable || !strings.Contains(problems[0].Message, "nobody is here") {
		t.Error(problems)
	}
}

func FuzzCompile(f *testing.F) {
	page, err := os.ReadFile("../../../../docs/workflow-document.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(page)[1])
	for _, nodes := range []string{a + "," + c, each(`"with": {"a": 1}, "body": {"nodes": [` + a + `], "output": "${{ with.a }}"}`),
		agentWith(`, "tools": [{"type": "function", "name": "t", "value": "${{ args.a }}"}]`),
		`{"id": "s", "type": "switch", "config": {"value": "${{ inputs.x }}", "cases": [{"equals": 1, "port": "one"}]}}`,
		`{"id": "a", "type": "subworkflow", "config": {"workflow": "wfl_1", "version": 2, "inputs": "${{ inputs }}"}}`} {
		f.Add([]byte(`{"schema": "agentteam/v1", "name": "x", "inputs": {"properties": {"x": {"type": "object"}}}, "nodes": [` + nodes +
			`], "edges": [{"from": "a", "to": "c"}, {"from": "c.error", "to": "a"}]}`))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, problems := document.Decode(data)
		if problems != nil {
			return
		}
		g, problems := Compile(d, catalog())
		if (g == nil) != (len(problems) > 0) || len(problems) > problem.Most {
			t.Fatalf("graph %v, problems %v", g, problems)
		}
		if g != nil && len(g.Order) != len(g.Nodes) {
			t.Fatalf("%d nodes in order, of %d", len(g.Order), len(g.Nodes))
		}
	})
}
