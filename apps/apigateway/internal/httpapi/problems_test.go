package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// wellFormed fails the test unless the answer is a problem with this status and code that names its request.
func wellFormed(t *testing.T, name string, got answer, status int, code string) map[string]any {
	t.Helper()
	p := got.json(t)
	if got.status != status || p["status"] != float64(status) || p["code"] != code || p["title"] != http.StatusText(status) || p["detail"] == "" ||
		p["type"] != "about:blank" || p["request_id"] != got.header.Get("X-Request-ID") || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: want %d %s, got %d %v %s", name, status, code, got.status, got.header, got.body)
	}
	return p
}

func TestWhatTheEngineRefusesBecomesAProblem(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		grpc   codes.Code
		status int
		code   string
		shown  bool // the engine's words
	}{
		{codes.InvalidArgument, 400, "bad_request", true},
		{codes.Unauthenticated, 500, "internal", false},
		{codes.PermissionDenied, 403, "permission_denied", true},
		{codes.NotFound, 404, "not_found", true},
		{codes.AlreadyExists, 409, "conflict", true},
		{codes.Aborted, 409, "conflict", true},
		{codes.FailedPrecondition, 409, "conflict", true},
		{codes.ResourceExhausted, 429, "rate_limited", true},
		{codes.Unavailable, 503, "dependency_unavailable", false},
		{codes.DeadlineExceeded, 504, "dependency_timeout", false},
		{codes.Internal, 500, "internal", false},
		{codes.Unknown, 500, "internal", false},
		{codes.Unimplemented, 500, "internal", false},
		{codes.DataLoss, 500, "internal", false},
	} {
		w.engine.on("GetRun", func(any) (any, error) { return nil, status.Error(c.grpc, "the engine's words") })
		got := w.ask(t, "GET", "/v1/runs/run_1", "")
		wellFormed(t, c.grpc.String(), got, c.status, c.code)
		if strings.Contains(got.body, "the engine's words") != c.shown {
			t.Errorf("%s: %s", c.grpc, got.body)
		}
		if retry := got.header.Get("Retry-After") != ""; retry != (c.status == 429 || c.status == 503) {
			t.Errorf("%s: Retry-After %q", c.grpc, got.header.Get("Retry-After"))
		}
	}
	if log := w.log.String(); !strings.Contains(log, "the engine's words") {
		t.Error("the log does not tell what the answers hide")
	}
}

func TestDetailsOfTheEngineReachTheCaller(t *testing.T) {
	w := newWorld(t)
	refusal, _ := status.New(codes.InvalidArgument, "the inputs do not fit").WithDetails(&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
		{Field: "/inputs/topic", Description: "is missing", Reason: "missing_field"}, {Field: "/inputs", Description: "has too much", Reason: "unknown_field"},
		{Field: "version", Description: "is too large", Reason: "out_of_range"},
	}})
	w.engine.on("StartRun", func(any) (any, error) { return nil, refusal.Err() })
	p := wellFormed(t, "inputs", w.ask(t, "POST", "/v1/runs", `{"workflow":"wfl_1","inputs":{}}`), 422, "invalid")
	items := p["errors"].([]any)
	for i, want := range []map[string]any{
		{"pointer": "/inputs/topic", "message": "is missing", "code": "missing_field"},
		{"pointer": "/inputs", "message": "has too much", "code": "unknown_field"},
		{"pointer": "", "parameter": "version", "message": "is too large", "code": "out_of_range"},
	} {
		for key, value := range want {
			if items[i].(map[string]any)[key] != value {
				t.Errorf("error %d: got %v, want %v", i, items[i], want)
			}
		}
	}
	w.engine.on("TestNode", func(any) (any, error) { return nil, refusal.Err() })
	if got := w.ask(t, "POST", "/v1/nodes:test", `{"node":{}}`); !strings.Contains(got.body, `"pointer":"/node/inputs/topic"`) {
		t.Errorf("a fault of a node: %+v", got)
	}
	later, _ := status.New(codes.Unavailable, "failing over").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(6500 * time.Millisecond)})
	w.engine.on("PublishWorkflow", func(any) (any, error) { return nil, later.Err() })
	got := w.ask(t, "POST", "/v1/workflows/wfl_1:publish", "{}")
	if wellFormed(t, "later", got, 503, "dependency_unavailable"); got.header.Get("Retry-After") != "7" {
		t.Errorf("Retry-After is %q, want 7", got.header.Get("Retry-After"))
	}
}

func TestRequestsThatCannotBeServed(t *testing.T) {
	w := newWorld(t)
	large := `{"workflow":"` + strings.Repeat("x", 1<<20) + `"}`
	for name, c := range map[string]struct {
		method, path, body, header string
		status                     int
		code, holds                string
	}{
		"no such path":        {"GET", "/v1/nothing", "", "", 404, "not_found", "/docs"},
		"no such version":     {"GET", "/v2/runs", "", "", 404, "not_found", "/docs"},
		"no such method":      {"DELETE", "/v1/runs", "", "", 405, "method_not_allowed", "GET, HEAD, POST"},
		"no such action":      {"POST", "/v1/runs/run_1:explode", "{}", "", 405, "method_not_allowed", "GET, HEAD"},
		"not JSON":            {"POST", "/v1/runs", `{"workflow":`, "", 400, "bad_request", "unexpected end"},
		"no body":             {"POST", "/v1/runs", "", "", 400, "bad_request", "body is required"},
		"a form":              {"POST", "/v1/runs", "a=b", "Content-Type: application/x-www-form-urlencoded", 415, "unsupported_media_type", "application/json"},
		"too large":           {"POST", "/v1/runs", large, "", 413, "too_large", "1048576"},
		"a field missing":     {"POST", "/v1/threads/thr_1/messages", `{}`, "", 422, "invalid", `"pointer":"","message":"expected required property messages to be present","code":"missing_field"`},
		"nothing to run":      {"POST", "/v1/runs", `{}`, "", 422, "invalid", `"pointer":"/workflow","message":"workflow or agent must name what to run, and not both","code":"missing_field"`},
		"a field too much":    {"POST", "/v1/runs", `{"workflow":"w","secret":"hunter2"}`, "", 422, "invalid", `"pointer":"/secret","message":"unexpected property","code":"unknown_field"`},
		"a value of its type": {"POST", "/v1/runs", `{"workflow":"w","budget":{"usd":"much"}}`, "", 422, "invalid", `"pointer":"/budget/usd"`},
		"a parameter":         {"GET", "/v1/runs?page_size=201", "", "", 422, "invalid", `"pointer":"","parameter":"page_size"`},
		"an unknown one":      {"GET", "/v1/runs?pagesize=1", "", "", 422, "invalid", `"parameter":"pagesize"`},
		"a wrong word":        {"GET", "/v1/runs?status=done", "", "", 422, "invalid", `"parameter":"status`},
		"a day":               {"GET", "/v1/usage?from=2026-13-01", "", "", 422, "invalid", `"parameter":"from"`},
		"too many days":       {"GET", "/v1/usage?from=2020-01-01&to=2026-01-01", "", "", 422, "invalid", "366"},
		"a version":           {"GET", "/v1/workflows/wfl_1/versions/0", "", "", 422, "invalid", `"parameter":"version"`},
		"an event":            {"GET", "/v1/runs/run_1/events?after=-1", "", "", 400, "bad_request", `"parameter":"after"`},
		"a digest":            {"POST", "/v1/approvals/apr_1:approve", `{"digest":"x"}`, "", 422, "invalid", `"pointer":"/digest"`},
	} {
		got := w.ask(t, c.method, c.path, c.body, "Content-Type: application/json", orNone(c.header))
		wellFormed(t, name, got, c.status, c.code)
		if !strings.Contains(got.body, c.holds) || strings.Contains(got.body, "hunter2") {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

func orNone(header string) string {
	if header == "" {
		return "X-Nothing: 1"
	}
	return header
}

func TestAnEngineThatIsAwayIsNamed(t *testing.T) {
	w := newWorld(t)
	w.engine.server.Stop()
	for path, dependency := range map[string]string{"/v1/runs/run_1": "workflow-engine", "/ready": "workflow-engine", "/version": "workflow-engine"} {
		p := wellFormed(t, path, w.ask(t, "GET", path, ""), 503, "dependency_unavailable")
		if p["dependency"] != dependency {
			t.Errorf("%s names %v", path, p["dependency"])
		}
	}
	if got := w.ask(t, "GET", "/health", ""); got.status != http.StatusOK {
		t.Errorf("the process lives, and /health says %+v", got)
	}
}

func TestRedisIsReportedAndNotNeeded(t *testing.T) {
	w := newWorld(t)
	for _, want := range []string{`"redis":"ok"`, `"redis":"unavailable"`} {
		if got := w.ask(t, "GET", "/ready", ""); got.status != http.StatusOK || !strings.Contains(got.body, want) || !strings.Contains(got.body, `"postgresql":"ok"`) {
			t.Errorf("want %s, got %+v", want, got)
		}
		w.redis.Close()
	}
	w.pool.Close()
	p := wellFormed(t, "/ready", w.ask(t, "GET", "/ready", ""), 503, "dependency_unavailable")
	if p["dependency"] != "postgresql" {
		t.Errorf("%v", p)
	}
}
