package grpcapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/agentteam/agentteam/apps/workflow/internal/httpcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// requester makes the requests of http nodes, on loopback too.
type requester struct{}

func (requester) Perform(ctx context.Context, id node.CallID, call node.Call, _ func(node.Event)) node.CallResult {
	var e httpcall.Envelope
	if err := json.Unmarshal(call.Request, &e); err != nil {
		return node.CallResult{Number: call.Number, Status: node.Failed, Failure: node.Fail(node.CodeInternal, "%v", err)}
	}
	response, failure := httpcall.NewClient(http.DefaultClient, nil).Do(ctx, id, *e.HTTP)
	result := node.CallResult{Number: call.Number, Status: node.Succeeded, Response: response, Failure: failure, Usage: node.Usage{ToolCalls: 1}}
	if failure != nil {
		result.Status = node.Failed
	}
	return result
}

func (d *desk) try(t *testing.T, nodeJSON, variables string) (*workflowv1.TestNodeResponse, error) {
	t.Helper()
	return d.nodes.TestNode(d.owner(t), &workflowv1.TestNodeRequest{NodeJson: nodeJSON, VariablesJson: variables})
}

func TestNodesAreTried(t *testing.T) {
	d := newDesk(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
		if r.URL.Path == "/refuse" {
			w.WriteHeader(http.StatusForbidden)
		}
		fmt.Fprintf(w, `{"path": %q}`, r.URL.Path) //nolint:gosec // JSON, and no browser
	}))
	t.Cleanup(server.Close)
	for what, test := range map[string]struct{ node, variables, output, port, failure string }{
		"transform": {`{"id": "a", "type": "transform", "config": {"value": {"sum": "${{ inputs.x + nodes.b.output }}"}}}`, `{"inputs": {"x": 1}, "nodes": {"b": {"output": 2}}}`, `{"sum":3}`, "", ""},
		"template":  {`{"id": "a", "type": "template", "config": {"template": "Hello ${{ item }}"}}`, `{"item": "Ann", "index": 0}`, `"Hello Ann"`, "", ""},
		"if":        {`{"id": "a", "type": "if", "config": {"condition": "${{ inputs.x > 1 }}"}}`, `{"inputs": {"x": 1}}`, `false`, "false", ""},
		"skipped":   {`{"id": "a", "type": "transform", "when": "${{ inputs.x > 1 }}", "config": {"value": 1}}`, `{"inputs": {"x": 1}}`, ``, "", ""},
		"a fault":   {`{"id": "a", "type": "transform", "config": {"value": "${{ inputs.x / 0 }}"}}`, `{"inputs": {"x": 1}}`, ``, "", node.CodeExpression},
		"fail":      {`{"id": "a", "type": "fail", "config": {"message": "no", "code": "custom"}}`, ``, ``, "", "custom"},
		"http":      {`{"id": "a", "type": "http", "config": {"method": "PUT", "url": "` + server.URL + `/${{ inputs.x }}"}}`, `{"inputs": {"x": "here"}}`, `"path":"/here"`, "", ""},
		"a refusal": {`{"id": "a", "type": "http", "config": {"method": "GET", "url": "` + server.URL + `/refuse"}}`, ``, ``, "", node.CodeHTTPStatus},
		"too slow":  {`{"id": "a", "type": "http", "timeout": "1s", "config": {"method": "GET", "url": "` + server.URL + `/slow"}}`, ``, ``, "", node.CodeTimeout},
	} {
		t.Run(what, func(t *testing.T) {
			began := time.Now()
			got, err := d.try(t, test.node, test.variables)
			if err != nil {
				t.Fatal(err)
			}
			output := strings.ReplaceAll(got.GetOutputJson(), `": `, `":`)
			if !strings.Contains(output, test.output) || (test.output == "") != (output == "") || got.GetPort() != test.port || got.GetFailure().GetCode() != test.failure {
				t.Errorf("it gives %v", got)
			}
			if calls := got.GetUsage().GetToolCalls(); (calls == 1) != strings.Contains(test.node, `"http"`) {
				t.Errorf("it counts %d calls", calls)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestNodesThatCannotBeTried(t *testing.T) {
	d := newDesk(t)
	const good = `{"id": "a", "type": "transform", "config": {"value": 1}}`
	for what, test := range map[string]struct {
		node, variables string
		want            codes.Code
	}{
		"it waits":           {`{"id": "a", "type": "wait", "config": {"duration": "1s"}}`, ``, codes.FailedPrecondition},
		"it asks":            {`{"id": "a", "type": "approval", "config": {"title": "?"}}`, ``, codes.FailedPrecondition},
		"no program":         {`{"id": "a", "type": "agent", "config": {"provider": "openai", "model": "m", "instructions": "i", "prompt": "p"}}`, ``, codes.FailedPrecondition},
		"no provider":        {`{"id": "a", "type": "agent", "config": {"provider": "anthropic", "model": "m", "instructions": "i", "prompt": "p"}}`, ``, codes.InvalidArgument},
		"no node":            {``, ``, codes.InvalidArgument},
		"no JSON":            {`{`, ``, codes.InvalidArgument},
		"an unknown type":    {`{"id": "a", "type": "levitate", "config": {}}`, ``, codes.InvalidArgument},
		"variables: a list":  {good, `[]`, codes.InvalidArgument},
		"variables: null":    {good, `null`, codes.InvalidArgument},
		"variables: half":    {good, `{"inputs": `, codes.InvalidArgument},
		"variables: unknown": {good, `{"secrets": {}}`, codes.InvalidArgument},
		"variables: deep":    {good, `{"inputs": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, codes.InvalidArgument},
		"variables: large":   {good, `{"inputs": "` + strings.Repeat("x", 1<<20) + `"}`, codes.InvalidArgument},
	} {
		_, err := d.try(t, test.node, test.variables)
		expectCode(t, what, err, test.want)
	}
}

func TestNodesAreValidated(t *testing.T) {
	d := newDesk(t)
	for text, want := range map[string]string{
		`{"id": "a", "type": "transform", "config": {"value": "${{ nodes.anything.output }}"}}`: "",
		`{"id": "a", "type": "levitate", "config": {}}`:                                         "/type",
		`{"id": "a", "type": "transform", "config": {"value": "${{ 1 + }}"}}`:                   "/config/value",
		`{`: "",
	} {
		got, err := d.nodes.ValidateNode(d.owner(t), &workflowv1.ValidateNodeRequest{NodeJson: text})
		if err != nil {
			t.Fatal(err)
		}
		if fine := text[0] == '{' && want == "" && len(text) > 1; fine != (len(got.GetProblems()) == 0) {
			t.Errorf("%s has %v", text, got)
		}
		if want != "" && !slices.ContainsFunc(got.GetProblems(), func(p *workflowv1.Problem) bool { return p.GetPointer() == want && p.GetMessage() != "" }) {
			t.Errorf("%s has %v, want one at %s", text, got, want)
		}
	}
}

func TestNodeTypesAreListed(t *testing.T) {
	d := newDesk(t)
	list, err := d.nodes.ListNodeTypes(d.owner(t), &workflowv1.ListNodeTypesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, kind := range list.GetNodeTypes() {
		names = append(names, kind.GetName())
		if !json.Valid([]byte(kind.GetConfigSchemaJson())) || kind.GetDescription() == "" || kind.GetAvailable() == (kind.GetUnavailableReason() != "") {
			t.Errorf("a type is described as %v", kind)
		}
	}
	for _, want := range []string{"agent", "approval", "for_each", "http", "if", "transform", "wait"} {
		if !slices.Contains(names, want) {
			t.Errorf("the types %v lack %s", names, want)
		}
	}
}
