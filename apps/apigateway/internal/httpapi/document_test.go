package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/identity"
)

// promised is every operation of the API, with what it asks of its caller.
func promised() map[string]string {
	return map[string]string{
		"GET /health": "public", "GET /ready": "public", "GET /version": "public",
		"GET /v1/me": "token", "GET /v1/workspaces": "token", "POST /v1/workspaces": "token",
		"GET /v1/workspaces/{workspace}": "workspace.read", "PATCH /v1/workspaces/{workspace}": "workspace.manage", "DELETE /v1/workspaces/{workspace}": "workspace.delete",
		"GET /v1/workspaces/{workspace}/members": "workspace.read", "PUT /v1/workspaces/{workspace}/members/{user}": "members.manage",
		"DELETE /v1/workspaces/{workspace}/members/{user}": "workspace.read",
		"GET /v1/api-keys": "keys.manage", "POST /v1/api-keys": "keys.manage", "GET /v1/api-keys/{id}": "keys.manage", "DELETE /v1/api-keys/{id}": "keys.manage",
		"POST /v1/workflows": "workflows.write", "GET /v1/workflows": "workflows.read", "GET /v1/workflows/{id}": "workflows.read",
		"PUT /v1/workflows/{id}": "workflows.write", "DELETE /v1/workflows/{id}": "workflows.write", "POST /v1/workflows:validate": "workflows.write",
		"POST /v1/workflows:generate": "workflows.write", "POST /v1/workflows/{id}:refine": "workflows.write",
		"POST /v1/workflows/{id}:publish": "workflows.publish", "POST /v1/workflows/{id}:rollback": "workflows.publish",
		"GET /v1/workflows/{id}/versions": "workflows.read", "GET /v1/workflows/{id}/versions/{version}": "workflows.read",
		"POST /v1/agents": "agents.write", "GET /v1/agents": "agents.read", "GET /v1/agents/{id}": "agents.read",
		"PUT /v1/agents/{id}": "agents.write", "DELETE /v1/agents/{id}": "agents.write", "POST /v1/agents:validate": "agents.write",
		"POST /v1/agents/{id}:publish": "agents.publish", "POST /v1/agents/{id}:rollback": "agents.publish",
		"GET /v1/agents/{id}/versions": "agents.read", "GET /v1/agents/{id}/versions/{version}": "agents.read",
		"GET /v1/node-types": "workflows.read", "POST /v1/nodes:validate": "workflows.write", "POST /v1/nodes:test": "workflows.write",
		"POST /v1/runs": "runs.start", "GET /v1/runs": "runs.read", "GET /v1/runs/{id}": "runs.read", "GET /v1/runs/{id}/steps": "runs.read",
		"POST /v1/runs/{id}:cancel": "runs.control", "POST /v1/runs/{id}:retry": "runs.control", "POST /v1/runs/{id}:fork": "runs.control",
		"GET /v1/evaluations": "workflows.read", "POST /v1/evaluations": "workflows.write", "GET /v1/evaluations/{id}": "workflows.read",
		"PUT /v1/evaluations/{id}": "workflows.write", "DELETE /v1/evaluations/{id}": "workflows.write", "POST /v1/evaluations/{id}:run": "runs.start",
		"GET /v1/evaluations/{id}/runs": "runs.read", "GET /v1/evaluation-runs/{id}": "runs.read", "GET /v1/evaluation-runs/{id}/comparison": "runs.read",
		"POST /v1/runs/{id}:replay": "runs.control", "GET /v1/runs/{id}/comparison": "runs.read",
		"GET /v1/runs/{id}/events": "runs.read", "GET /v1/artifacts/{id}": "runs.read",
		"GET /v1/approvals": "runs.read", "GET /v1/approvals/{id}": "runs.read",
		"POST /v1/approvals/{id}:approve": "approvals.decide", "POST /v1/approvals/{id}:reject": "approvals.decide", "POST /v1/approvals/{id}:submit": "approvals.decide",
		"POST /v1/credentials": "tools.write", "GET /v1/credentials": "tools.read", "GET /v1/credentials/{id}": "tools.read", "DELETE /v1/credentials/{id}": "tools.write",
		"POST /v1/mcp-servers": "tools.write", "GET /v1/mcp-servers": "tools.read", "GET /v1/mcp-servers/{id}": "tools.read", "DELETE /v1/mcp-servers/{id}": "tools.write",
		"POST /v1/mcp-servers/{id}:refresh": "tools.write",
		"POST /v1/schedules":                "triggers.manage", "GET /v1/schedules": "runs.read", "GET /v1/schedules/{id}": "runs.read", "PUT /v1/schedules/{id}": "triggers.manage",
		"DELETE /v1/schedules/{id}": "triggers.manage", "POST /v1/schedules/{id}:pause": "runs.control", "POST /v1/schedules/{id}:resume": "runs.control",
		"POST /v1/schedules/{id}:trigger": "runs.start", "GET /v1/schedules/{id}/ticks": "runs.read",
		"POST /v1/webhooks": "triggers.manage", "GET /v1/webhooks": "runs.read", "GET /v1/webhooks/{id}": "runs.read", "DELETE /v1/webhooks/{id}": "triggers.manage",
		"POST /v1/webhook-endpoints": "triggers.manage", "GET /v1/webhook-endpoints": "triggers.manage", "GET /v1/webhook-endpoints/{id}": "triggers.manage",
		"PUT /v1/webhook-endpoints/{id}": "triggers.manage", "DELETE /v1/webhook-endpoints/{id}": "triggers.manage", "POST /v1/webhook-endpoints/{id}:rotate-secret": "triggers.manage",
		"GET /v1/webhook-endpoints/{id}/deliveries": "triggers.manage", "POST /v1/webhook-endpoints/{id}/deliveries/{delivery}:redeliver": "triggers.manage",
		"POST /v1/threads": "memory.write", "GET /v1/threads": "memory.read", "GET /v1/threads/{id}": "memory.read", "DELETE /v1/threads/{id}": "memory.write",
		"GET /v1/threads/{id}/messages": "memory.read", "POST /v1/threads/{id}/messages": "memory.write",
		"GET /v1/memory/{namespace}": "memory.read", "GET /v1/memory/{namespace}/{key}": "memory.read",
		"PUT /v1/memory/{namespace}/{key}": "memory.write", "DELETE /v1/memory/{namespace}/{key}": "memory.write",
		"GET /v1/documents": "memory.read", "GET /v1/documents/{name}": "memory.read", "PUT /v1/documents/{name}": "memory.write", "DELETE /v1/documents/{name}": "memory.write",
		"POST /v1/documents:search": "memory.read",
		"GET /v1/usage":             "usage.read",
	}
}

// described is an operation of the API's document.
type described struct {
	OperationID string           `json:"operationId"`
	Summary     string           `json:"summary"`
	Permission  string           `json:"x-permission"`
	Security    []map[string]any `json:"security"`
	RequestBody *struct {
		Content map[string]struct{ Example any }
	} `json:"requestBody"`
}

func (d described) asks() string {
	switch {
	case len(d.Security) == 0:
		return "public"
	case d.Permission == "":
		return "token"
	default:
		return d.Permission
	}
}

func operations(t *testing.T, w *world) map[string]described {
	t.Helper()
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]described
	}
	if err := json.Unmarshal([]byte(w.ask(t, "GET", "/openapi.json", "", "Authorization: ").body), &document); err != nil {
		t.Fatal(err)
	}
	if document.OpenAPI != "3.1.0" {
		t.Errorf("the document is of OpenAPI %s", document.OpenAPI)
	}
	found := map[string]described{}
	for path, methods := range document.Paths {
		for method, operation := range methods {
			found[strings.ToUpper(method)+" "+path] = operation
		}
	}
	return found
}

// TestTheAPI compares what is documented with what is promised, and asks each operation without a token and, as a
// viewer, without the permission.
func TestTheAPI(t *testing.T) {
	w := newWorld(t)
	found := operations(t, w)
	strangers := 0 // each from an address of its own, which the limit of one does not reach
	for name, asks := range promised() {
		strangers++
		operation, there := found[name]
		if !there || operation.asks() != asks || operation.OperationID == "" || operation.Summary == "" {
			t.Errorf("%s is %+v, and is to ask for %s", name, operation, asks)
		}
		if operation.RequestBody != nil {
			for kind, media := range operation.RequestBody.Content {
				if kind != "application/json" || media.Example == nil {
					t.Errorf("%s has no example, or a body of type %s", name, kind)
				}
			}
		}
		delete(found, name)
		refuses(t, w, fmt.Sprintf("203.0.113.%d", strangers), name, asks)
	}
	for name := range found {
		t.Errorf("%s is not promised: add it to the test with its permission", name)
	}
}

func refuses(t *testing.T, w *world, stranger, name, asks string) {
	t.Helper()
	if asks == "public" {
		return
	}
	method, path, _ := strings.Cut(name, " ")
	path = strings.NewReplacer("{id}", "x_1", "{delivery}", "dlv_1", "{version}", "1", "{user}", "u", "{workspace}", w.workspace).Replace(path)
	nobody := w.ask(t, method, path, "{}", "Authorization: ", "X-Forwarded-For: "+stranger)
	if nobody.status != http.StatusUnauthorized || nobody.header.Get("WWW-Authenticate") == "" || nobody.json(t)["code"] != "unauthenticated" {
		t.Errorf("%s without a token: %+v", name, nobody)
	}
	if asks == "token" || identity.Viewer.May(identity.Permission(asks)) {
		return
	}
	got := w.ask(t, method, path, "{}", "Authorization: Bearer "+w.keys[identity.Viewer])
	if got.status != http.StatusForbidden || got.json(t)["code"] != "permission_denied" || !strings.Contains(got.body, asks) {
		t.Errorf("%s as a viewer: %+v", name, got)
	}
}

func TestEveryPermissionGuardsSomething(t *testing.T) {
	var used []string
	for _, asks := range promised() {
		used = append(used, asks)
	}
	for _, permission := range identity.Permissions() {
		if permission != identity.OwnersManage && !slices.Contains(used, string(permission)) { // that one is a condition within members.manage
			t.Errorf("no operation asks for %s", permission)
		}
	}
}

func TestTheDocsPageStandsAlone(t *testing.T) {
	w := newWorld(t)
	page := w.ask(t, "GET", "/docs", "", "Authorization: ")
	policy := page.header.Get("Content-Security-Policy")
	if page.status != http.StatusOK || !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("%d, policy %q", page.status, policy)
	}
	for _, forbidden := range []string{"<script", `="https://`, `="http://`, "src="} {
		if strings.Contains(strings.ReplaceAll(page.body, "https://example.com", "an address in an example"), forbidden) {
			t.Errorf("the page holds %s", forbidden)
		}
	}
	for name, operation := range operations(t, w) {
		if !strings.Contains(page.body, `id="`+operation.OperationID+`"`) {
			t.Errorf("the page lacks %s", name)
		}
	}
	for anchor := range strings.SplitSeq(page.body, `href="#`) {
		name, _, found := strings.Cut(anchor, `"`)
		if found && !strings.HasPrefix(anchor, "<!doctype") && !strings.Contains(page.body, `id="`+name+`"`) {
			t.Errorf("a link leads to #%s, which is not there", name)
		}
	}
	again := w.ask(t, "GET", "/docs", "", "If-None-Match: "+page.header.Get("ETag"))
	if again.status != http.StatusNotModified || again.body != "" {
		t.Errorf("the same page again: %d, %d bytes", again.status, len(again.body))
	}
}
