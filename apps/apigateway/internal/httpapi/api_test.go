package httpapi_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const document = `{"schema": "agentteam/v1",   "name": "A", "n": 1.0}`

func TestAWorkflowsRevisionIsItsETag(t *testing.T) {
	w := newWorld(t)
	var asked *workflowv1.UpdateWorkflowRequest
	w.engine.on("CreateWorkflow", func(request any) (any, error) {
		text := request.(*workflowv1.CreateWorkflowRequest).GetDocumentJson()
		return &workflowv1.CreateWorkflowResponse{
			Workflow: &workflowv1.Workflow{Id: "wfl_1", Revision: 1, DocumentJson: text},
			Problems: []*workflowv1.Problem{{Pointer: "/nodes", Code: "missing_field", Message: "is missing"}},
		}, nil
	})
	w.engine.on("UpdateWorkflow", func(request any) (any, error) {
		asked = request.(*workflowv1.UpdateWorkflowRequest)
		if asked.GetRevision() == 6 {
			return nil, status.Error(codes.Aborted, "the revision is 7 by now")
		}
		return &workflowv1.UpdateWorkflowResponse{Workflow: &workflowv1.Workflow{Id: "wfl_1", Revision: 8}}, nil
	})
	created := w.ask(t, "POST", "/v1/workflows", document)
	if created.status != http.StatusCreated || created.header.Get("ETag") != `"1"` || created.header.Get("Location") != "/v1/workflows/wfl_1" ||
		!strings.Contains(created.body, `"document":{"schema":"agentteam/v1","name":"A","n":1.0}`) || !strings.Contains(created.body, `"pointer":"/nodes"`) {
		t.Errorf("%+v", created)
	}
	for header, want := range map[string]int64{"": 0, "If-Match: *": 0, `If-Match: "7"`: 7} {
		got := w.ask(t, "PUT", "/v1/workflows/wfl_1", document, orNone(header))
		if got.status != http.StatusOK || got.header.Get("ETag") != `"8"` || asked.GetRevision() != want || asked.GetDocumentJson() != document {
			t.Errorf("%s: %+v, the engine was asked %v", header, got, asked)
		}
	}
	for _, header := range []string{`If-Match: "6"`, `If-Match: W/"7"`, "If-Match: 7", `If-Match: "x"`, `If-Match: "0"`} {
		wellFormed(t, header, w.ask(t, "PUT", "/v1/workflows/wfl_1", document, header), http.StatusPreconditionFailed, "revision_mismatch")
	}
}

func TestARunInJSON(t *testing.T) {
	w := newWorld(t)
	at := timestamppb.Now()
	var asked *workflowv1.StartRunRequest
	w.engine.on("StartRun", func(request any) (any, error) {
		asked = request.(*workflowv1.StartRunRequest)
		return &workflowv1.StartRunResponse{Run: &workflowv1.Run{
			Id: asked.GetId(), WorkflowId: "wfl_1", Version: 2, Status: workflowv1.RunStatus_RUN_STATUS_BUDGET_EXHAUSTED, InputsJson: asked.GetInputsJson(),
			Budget: asked.GetBudget(), Usage: &workflowv1.Usage{CostMicroUsd: 1234}, Created: &workflowv1.Actor{Subject: "u", Kind: "user", Time: at},
		}}, nil
	})
	got := w.ask(t, "POST", "/v1/runs", `{"workflow":"wfl_1","inputs":{"b":1.50,"a":"<&>"},"budget":{"usd":0.0000001,"steps":5}}`)
	if got.status != http.StatusAccepted || got.header.Get("Location") != "/v1/runs/"+asked.GetId() || !regexp.MustCompile(`^run_[0-9a-v]{26}$`).MatchString(asked.GetId()) {
		t.Errorf("%+v, id %s", got, asked.GetId())
	}
	for _, want := range []string{
		`"status":"budget_exhausted"`, `"inputs":{"b":1.50,"a":"<&>"}`, `"cost_usd":0.001234`, `"created_by":{"subject":"u","kind":"user"}`, `"budget":{"usd":0.000001,"steps":5}`,
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("want %s in %s", want, got.body)
		}
	}
	if strings.Contains(got.body, "ended_at") {
		t.Errorf("it has not ended: %s", got.body)
	}
}

func TestARepeatedPOSTHappensOnce(t *testing.T) {
	w := newWorld(t)
	calls := 0
	w.engine.on("StartRun", func(request any) (any, error) {
		calls++
		return &workflowv1.StartRunResponse{Run: &workflowv1.Run{Id: request.(*workflowv1.StartRunRequest).GetId()}}, nil
	})
	first := w.ask(t, "POST", "/v1/runs", `{"workflow":"wfl_1"}`, "Idempotency-Key: k1")
	second := w.ask(t, "POST", "/v1/runs", `{"workflow":"wfl_1"}`, "Idempotency-Key: k1")
	if first.status != http.StatusAccepted || first.body != second.body || first.header.Get("Location") != second.header.Get("Location") || calls != 1 {
		t.Errorf("%d calls: %+v, then %+v", calls, first, second)
	}
	wellFormed(t, "another body", w.ask(t, "POST", "/v1/runs", `{"workflow":"wfl_2"}`, "Idempotency-Key: k1"), 422, "idempotency_mismatch")
}

func TestAKeyIsShownOnceAndWorks(t *testing.T) {
	w := newWorld(t)
	made := w.ask(t, "POST", "/v1/api-keys", `{"name":"CI","role":"viewer"}`, "Idempotency-Key: k1")
	secret, _ := made.json(t)["secret"].(string)
	if made.status != http.StatusCreated || !strings.HasPrefix(secret, "atk_") {
		t.Fatalf("%+v", made)
	}
	wellFormed(t, "repeated", w.ask(t, "POST", "/v1/api-keys", `{"name":"CI","role":"viewer"}`, "Idempotency-Key: k1"), 409, "idempotency_unreplayable")
	me := w.ask(t, "GET", "/v1/me", "", "Authorization: Bearer "+secret)
	if me.status != http.StatusOK || !strings.Contains(me.body, `"role":"viewer"`) || !strings.Contains(me.body, `"runs.read"`) || strings.Contains(me.body, "runs.start") {
		t.Errorf("%+v", me)
	}
	if list := w.ask(t, "GET", "/v1/api-keys", ""); strings.Contains(list.body, secret) || !strings.Contains(list.body, made.json(t)["id"].(string)) {
		t.Errorf("%+v", list)
	}
	if gone := w.ask(t, "DELETE", "/v1/api-keys/"+made.json(t)["id"].(string), ""); gone.status != http.StatusNoContent {
		t.Errorf("%+v", gone)
	}
	wellFormed(t, "revoked", w.ask(t, "GET", "/v1/me", "", "Authorization: Bearer "+secret), 401, "unauthenticated")
}

func TestWorkspacesAndMembers(t *testing.T) {
	w := newWorld(t)
	if list := w.ask(t, "GET", "/v1/workspaces", ""); !strings.Contains(list.body, `"id":"`+w.workspace+`","name":"Test"`) {
		t.Errorf("%+v", list)
	}
	path := "/v1/workspaces/" + w.workspace
	if got := w.ask(t, "PATCH", path, `{"name":"Renamed"}`); got.status != http.StatusOK || got.json(t)["name"] != "Renamed" {
		t.Errorf("%+v", got)
	}
	if got := w.ask(t, "PUT", path+"/members/u-1", `{"role":"editor","email":"ada@example.com"}`); got.status != http.StatusOK || got.json(t)["role"] != "editor" {
		t.Errorf("%+v", got)
	}
	if got := w.ask(t, "GET", path+"/members", ""); !strings.Contains(got.body, `"email":"ada@example.com"`) {
		t.Errorf("%+v", got)
	}
	wellFormed(t, "an owner by an admin", w.ask(t, "PUT", path+"/members/u-2", `{"role":"owner"}`), 403, "permission_denied")
	wellFormed(t, "no member", w.ask(t, "DELETE", path+"/members/u-3", ""), 404, "not_found")
	wellFormed(t, "another workspace", w.ask(t, "GET", "/v1/workspaces/wsp_00000000000000000000000000", ""), 403, "permission_denied")
	wellFormed(t, "a workspace by a key", w.ask(t, "POST", "/v1/workspaces", `{"name":"Mine"}`), 403, "permission_denied")
}

func TestEveryAnswerIsProtectedAndTraceable(t *testing.T) {
	w := newWorld(t)
	got := w.ask(t, "GET", "/health?token=hunter2", "", "X-Request-Id: my-id.1")
	for name, want := range map[string]string{
		"X-Request-Id": "my-id.1", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"Strict-Transport-Security": "max-age=31536000", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	if got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("other origins are let in")
	}
	for _, bad := range []string{"a b", "a\"b", strings.Repeat("x", 129)} {
		if id := w.ask(t, "GET", "/v1/me", "", "X-Request-Id: "+bad).header.Get("X-Request-ID"); id == bad || len(id) < 20 {
			t.Errorf("%q became %q", bad, id)
		}
	}
	head := w.ask(t, "HEAD", "/v1/me", "")
	if head.status != http.StatusOK || head.body != "" {
		t.Errorf("HEAD: %+v", head)
	}
	w.ask(t, "GET", "/v1/me?secret=hunter2", "", "X-Request-Id: logged-1")
	w.ask(t, "GET", "/hunter2", "")
	log := w.log.String()
	if !strings.Contains(log, `"request_id":"logged-1"`) || !strings.Contains(log, `"route":"/v1/me"`) {
		t.Errorf("the log does not tell enough:\n%s", log)
	}
	for _, secret := range []string{"hunter2", "atk_"} {
		if strings.Contains(log, secret) {
			t.Errorf("%s stands in the log:\n%s", secret, log)
		}
	}
}

func TestAProbeLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	for method, body := range map[string]string{"GET": `{"status":"ok"}`, "HEAD": ""} {
		got := w.ask(t, method, "/health", "")
		if got.status != http.StatusOK || got.body != body || got.header.Get("Content-Type") != "application/json" ||
			got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %+v", method, got)
		}
	}
	wellFormed(t, "a query", w.ask(t, "GET", "/health?x=1", ""), 422, "invalid")
	wellFormed(t, "another method", w.ask(t, "POST", "/health", ""), 405, "method_not_allowed")
	if log := w.log.String(); strings.Contains(log, `"method":"GET","route":"/health","status":200`) {
		t.Errorf("it stands in the log:\n%s", log)
	}
}

func TestMetricsHaveRoutesAndNoPaths(t *testing.T) {
	w := newWorld(t)
	w.engine.on("GetRun", func(any) (any, error) { return nil, status.Error(codes.NotFound, "no") })
	w.ask(t, "GET", "/v1/runs/run_hunter2", "")
	w.ask(t, "GET", "/nowhere/hunter2", "")
	got := w.ask(t, "GET", "/metrics", "", "Authorization: ")
	if !strings.Contains(got.body, `http_route="/v1/runs/{id}"`) || strings.Contains(got.body, "hunter2") {
		t.Errorf("%s", got.body)
	}
}
