package calls_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/internal/modelsim"
)

// tracker describes an API in OpenAPI 3.0, with references, a nullable field and parameters of every kind.
const tracker = `{"openapi": "3.0.3", "info": {"title": "Tracker", "version": "1"}, "servers": [{"url": "%s/v1"}],
	"paths": {"/projects/{project}/issues": {
		"parameters": [{"name": "project", "in": "path", "required": true, "schema": {"type": "string"}}],
		"get": {"operationId": "list.issues", "summary": "Lists issues", "responses": {"200": {"description": "fine"}}, "parameters": [
			{"name": "page-size", "in": "query", "schema": {"type": "integer", "minimum": 0, "exclusiveMinimum": true}}, {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}]},
		"post": {"operationId": "create", "responses": {"200": {"description": "fine"}},
			"requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Issue"}}}}}}},
	"components": {"schemas": {
		"Issue": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}, "owner": {"$ref": "#/components/schemas/Person"}, "due": {"type": "string", "nullable": true}}},
		"Person": {"type": "object", "properties": {"name": {"type": "string"}}}, "Unused": {"type": "object"}}}}`

func agentWith(tool string) string {
	return `{"schema": "agentteam/v1", "name": "Track", "inputs": {"type": "object"}, "edges": [], "nodes": [{"id": "work", "type": "agent",
		"config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Track", "tools": [` + tool + `]}}]}`
}

func compile(t *testing.T, text string) (config string, problems string) {
	t.Helper()
	d, found := document.Decode([]byte(text))
	if d != nil {
		var g *graph.Graph
		if g, found = graph.Compile(d, graph.Catalog{Types: graph.DefaultTypes(), Providers: map[string]string{"openai": ""}}); g != nil && len(found) == 0 {
			resolved, failure := g.Node("work").Resolve(map[string]any{})
			if failure != nil {
				t.Fatal(failure)
			}
			return string(resolved), ""
		}
	}
	return "", fmt.Sprint(found)
}

func TestOperationsOfAnOpenAPIDocumentAreTools(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s %s %s", r.Method, r.RequestURI, r.Header.Get("X-Trace"), body))
		w.WriteHeader(http.StatusOK)
	}))
	defer server.Close()
	none := 0
	wants := []modelsim.ToolCall{
		{Name: "tracker_list_issues", Arguments: []byte(`{"project": "a/b ü", "page_size": 5, "X_Trace": "t"}`)},
		{Name: "tracker_list_issues", Arguments: []byte(`{"project": "c"}`)},
		{Name: "tracker_create", Arguments: []byte(`{"project": "c", "body": {"title": "x", "owner": {"name": "ada"}, "due": null}}`)},
		{Name: "tracker_create", Arguments: []byte(`{"project": "c", "body": {"owner": {"name": 1}}}`)},
		{Name: "tracker_list_issues", Arguments: []byte(`{"project": ".."}`)},
		{Name: "tracker_list_issues", Arguments: []byte(`{"project": "c", "page_size": 0}`)},
	}
	e := newEngine(t, modelsim.Rule{Match: modelsim.Match{ToolResults: &none}, Reply: modelsim.Reply{ToolCalls: wants}}, modelsim.Rule{Reply: modelsim.Reply{Text: "done"}})
	config, problems := compile(t, agentWith(`{"type": "openapi", "name": "tracker", "operations": ["list.issues", "create"], "document": `+fmt.Sprintf(tracker, server.URL)+`}`))
	if problems != "" || strings.Contains(config, "Unused") {
		t.Fatalf("problems %s, config %s", problems, config)
	}
	if move := e.run(t, "agent", config); move.Failure != nil {
		t.Fatal(move.Failure)
	}
	want := []string{
		"GET /v1/projects/a%2Fb%20%C3%BC/issues?page-size=5 t ", "GET /v1/projects/c/issues  ",
		`POST /v1/projects/c/issues  {"due":null,"owner":{"name":"ada"},"title":"x"}`,
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("the server got\n%q, want\n%q\nlog %s", got, want, e.text)
	}
}

func TestOpenAPIDocumentsThatGiveNoTools(t *testing.T) {
	fine := fmt.Sprintf(tracker, "https://api.example.com")
	for name, test := range map[string]struct{ tool, want string }{
		"no such operation":    {`"operations": ["drop"], "document": ` + fine, `no operation "drop"; it has create, list.issues`},
		"no document":          {`"operations": ["create"]`, "document is missing"},
		"not OpenAPI":          {`"operations": ["create"], "document": {"a": 1}`, "document is no"},
		"a file":               {`"operations": ["create"], "document": ` + strings.Replace(fine, "#/components/schemas/Issue", "/etc/passwd#/x", 1), "stands by itself"},
		"a relative server":    {`"operations": ["create"], "document": ` + fmt.Sprintf(tracker, ""), "base_url"},
		"a URL of its own":     {`"operations": ["create"], "url": "https://x.example", "document": ` + fine, "has no url"},
		"an undescribed path":  {`"operations": ["create"], "document": ` + strings.Replace(fine, `"name": "project"`, `"name": "other"`, 1), "document is no valid"},
		"a name that is taken": {`"operations": ["create"], "document": ` + fine + `}, {"type": "function", "name": "t_create", "value": 1`, "another tool has the name t_create"},
	} {
		if _, problems := compile(t, agentWith(`{"type": "openapi", "name": "t", `+test.tool+`}`)); !strings.Contains(problems, test.want) {
			t.Errorf("%s: %s, want %q", name, problems, test.want)
		}
	}
}
