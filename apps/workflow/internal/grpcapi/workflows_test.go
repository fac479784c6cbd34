package grpcapi_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/grpcapi"
	"github.com/agentteam/agentteam/apps/workflow/internal/httpcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/library"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/databasetest"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// desk is a server that keeps and tries documents, on a database of its own with two workspaces.
type desk struct {
	workspace, other string
	workflows        workflowv1.WorkflowServiceClient
	agents           workflowv1.AgentServiceClient
	nodes            workflowv1.NodeServiceClient
	library          *library.Library
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	pool := databasetest.Open(t)
	tables := store.New(pool)
	l := library.New(tables, graph.DefaultTypes(), map[string]string{"openai": "", "anthropic": "set ANTHROPIC_API_KEY"})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpcapi.New(listener, grpcapi.Services{
		Engine: grpcapi.NewEngine(nil), Workflows: grpcapi.NewWorkflows(tables, l), Agents: grpcapi.NewAgents(tables, l), Runs: workflowv1.UnimplementedRunServiceServer{},
		Nodes:     grpcapi.NewNodes(l, map[string]node.Program{"http": httpcall.Program{}}, requester{}),
		Approvals: workflowv1.UnimplementedApprovalServiceServer{},
	}, grpcapi.Options{Key: authKey, Ready: pool.Ping, Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx, 0) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	conn := dial(t, listener.Addr().String())
	return &desk{
		workspace: databasetest.Workspace(t, pool), other: databasetest.Workspace(t, pool),
		workflows: workflowv1.NewWorkflowServiceClient(conn), agents: workflowv1.NewAgentServiceClient(conn), nodes: workflowv1.NewNodeServiceClient(conn), library: l,
	}
}

func (d *desk) owner(t *testing.T) context.Context {
	t.Helper()
	return as(t, d.workspace, identity.Owner)
}

// doc is a document without problems that gives the value.
func doc(name, value string) string {
	return fmt.Sprintf(`{"schema": "agentteam/v1", "name": %q, "description": "gives a value",
		"nodes": [{"id": "a", "type": "transform", "config": {"value": %s}}], "edges": [], "outputs": {"a": "${{ nodes.a.output }}"}}`, name, value)
}

const broken = `{"schema": "agentteam/v1", "name": "Broken", "nodes": [{"id": "a", "type": "levitate", "config": {}}], "edges": [{"from": "a", "to": "nowhere"}]}`

func (d *desk) create(t *testing.T, document string) *workflowv1.CreateWorkflowResponse {
	t.Helper()
	created, err := d.workflows.CreateWorkflow(d.owner(t), &workflowv1.CreateWorkflowRequest{DocumentJson: document})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// violations are the fields that an error complains about.
func violations(t *testing.T, err error) (fields []string) {
	t.Helper()
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				if v.GetDescription() == "" || v.GetReason() == "" {
					t.Errorf("a violation says nothing: %v", v)
				}
				fields = append(fields, v.GetField())
			}
		}
	}
	return fields
}

func TestADraftMayHaveProblemsAndAVersionMayNot(t *testing.T) {
	d := newDesk(t)
	created := d.create(t, broken)
	w := created.GetWorkflow()
	if len(created.GetProblems()) == 0 || w.GetName() != "Broken" || w.GetRevision() != 1 || w.GetDocumentJson() != broken || w.GetCreated().GetSubject() != "ada" {
		t.Fatalf("created %v", created)
	}
	checked, err := d.workflows.ValidateDocument(d.owner(t), &workflowv1.ValidateDocumentRequest{DocumentJson: broken})
	if err != nil || len(checked.GetProblems()) != len(created.GetProblems()) {
		t.Errorf("validated %v, %v", checked, err)
	}
	_, err = d.workflows.PublishWorkflow(d.owner(t), &workflowv1.PublishWorkflowRequest{Id: w.GetId()})
	expectCode(t, "publish what is broken", err, codes.InvalidArgument)
	if fields := violations(t, err); !slices.Contains(fields, "/nodes/0/type") {
		t.Errorf("the violations are of %q", fields)
	}
	fixed := doc("Fixed", "1")
	updated, err := d.workflows.UpdateWorkflow(d.owner(t), &workflowv1.UpdateWorkflowRequest{Id: w.GetId(), Revision: 1, DocumentJson: fixed})
	if err != nil || len(updated.GetProblems()) != 0 || updated.GetWorkflow().GetRevision() != 2 || updated.GetWorkflow().GetName() != "Fixed" {
		t.Fatalf("updated %v, %v", updated, err)
	}
	published, err := d.workflows.PublishWorkflow(d.owner(t), &workflowv1.PublishWorkflowRequest{Id: w.GetId(), Note: "at last"})
	if v := published.GetVersion(); err != nil || v.GetVersion() != 1 || v.GetDocumentJson() != fixed || v.GetNote() != "at last" || v.GetPublished().GetSubject() != "ada" {
		t.Errorf("published %v, %v", published, err)
	}
	if got, err := d.workflows.GetWorkflow(d.owner(t), &workflowv1.GetWorkflowRequest{Id: w.GetId()}); err != nil || got.GetWorkflow().GetPublishedVersion() != 1 {
		t.Errorf("it is %v, %v", got, err)
	}
}

func TestAStaleRevisionIsAborted(t *testing.T) {
	d := newDesk(t)
	w := d.create(t, doc("W", "1")).GetWorkflow().GetId()
	if _, err := d.workflows.UpdateWorkflow(d.owner(t), &workflowv1.UpdateWorkflowRequest{Id: w, DocumentJson: doc("W", "2")}); err != nil {
		t.Fatal(err)
	}
	_, update := d.workflows.UpdateWorkflow(d.owner(t), &workflowv1.UpdateWorkflowRequest{Id: w, Revision: 1, DocumentJson: doc("W", "3")})
	_, publish := d.workflows.PublishWorkflow(d.owner(t), &workflowv1.PublishWorkflowRequest{Id: w, Revision: 1})
	_, remove := d.workflows.DeleteWorkflow(d.owner(t), &workflowv1.DeleteWorkflowRequest{Id: w, Revision: 1})
	for what, err := range map[string]error{"update": update, "publish": publish, "delete": remove} {
		expectCode(t, what, err, codes.Aborted)
		if !strings.Contains(status.Convert(err).Message(), "at revision 2, not 1") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := d.workflows.DeleteWorkflow(d.owner(t), &workflowv1.DeleteWorkflowRequest{Id: w, Revision: 2})
	expectCode(t, "delete", err, codes.OK)
	_, err = d.workflows.GetWorkflow(d.owner(t), &workflowv1.GetWorkflowRequest{Id: w})
	expectCode(t, "get what is deleted", err, codes.NotFound)
}

func TestVersionsAreListedAndRolledBackTo(t *testing.T) {
	d := newDesk(t)
	w := d.create(t, doc("One", "1")).GetWorkflow().GetId()
	for n := range 3 {
		if n > 0 {
			if _, err := d.workflows.UpdateWorkflow(d.owner(t), &workflowv1.UpdateWorkflowRequest{Id: w, DocumentJson: doc("Other", "2")}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.workflows.PublishWorkflow(d.owner(t), &workflowv1.PublishWorkflowRequest{Id: w}); err != nil {
			t.Fatal(err)
		}
	}
	back, err := d.workflows.RollbackWorkflow(d.owner(t), &workflowv1.RollbackWorkflowRequest{Id: w, Version: 1, Note: "back"})
	if err != nil || back.GetVersion().GetVersion() != 4 || back.GetVersion().GetDocumentJson() != doc("One", "1") {
		t.Errorf("rolled back to %v, %v", back, err)
	}
	got, err := d.workflows.GetWorkflow(d.owner(t), &workflowv1.GetWorkflowRequest{Id: w})
	if err != nil || got.GetWorkflow().GetName() != "One" || got.GetWorkflow().GetDocumentJson() != doc("One", "1") {
		t.Errorf("the draft is %v, %v", got, err)
	}
	var numbers []int32
	page := &workflowv1.Page{Size: 3}
	for {
		list, err := d.workflows.ListVersions(d.owner(t), &workflowv1.ListVersionsRequest{WorkflowId: w, Page: page})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list.GetVersions() {
			numbers = append(numbers, v.GetVersion())
		}
		if page.Token = list.GetNextToken(); page.GetToken() == "" {
			break
		}
	}
	if !slices.Equal(numbers, []int32{4, 3, 2, 1}) {
		t.Errorf("the versions are %v", numbers)
	}
	for _, version := range []int32{0, 4} {
		if got, err := d.workflows.GetVersion(d.owner(t), &workflowv1.GetVersionRequest{WorkflowId: w, Version: version}); err != nil || got.GetVersion().GetVersion() != 4 {
			t.Errorf("version %d is %v, %v", version, got, err)
		}
	}
	_, err = d.workflows.RollbackWorkflow(d.owner(t), &workflowv1.RollbackWorkflowRequest{Id: w, Version: 9})
	expectCode(t, "roll back to a version that is not there", err, codes.NotFound)
}

func TestWhatIsNoDocumentIsNotKept(t *testing.T) {
	d := newDesk(t)
	for what, text := range map[string]string{
		"nothing": "", "a list": "[]", "a word": `"x"`, "half": `{"name": `, "no JSON": "{name: 1}", "null": "null",
		"too deep":  strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"too large": `{"name": "` + strings.Repeat("x", 2<<20) + `"}`,
	} {
		_, err := d.workflows.CreateWorkflow(d.owner(t), &workflowv1.CreateWorkflowRequest{DocumentJson: text})
		expectCode(t, what, err, codes.InvalidArgument)
		if len(violations(t, err)) == 0 {
			t.Errorf("%s: no field is named", what)
		}
	}
	for text, want := range map[string]string{
		`{"name": 5}`: "", `{}`: "", `{"name": "a\u0000b"}`: "ab", `{"name": "` + strings.Repeat("ä", 150) + `"}`: strings.Repeat("ä", 100), `{"name": "\ud800"}`: "\uFFFD",
	} {
		if w := d.create(t, text); w.GetWorkflow().GetName() != want || len(w.GetProblems()) == 0 {
			t.Errorf("%s became %v", text, w)
		}
	}
}

func TestAnotherWorkspaceFindsNothing(t *testing.T) {
	d := newDesk(t)
	w := d.create(t, doc("Secret", "1")).GetWorkflow().GetId()
	if _, err := d.workflows.PublishWorkflow(d.owner(t), &workflowv1.PublishWorkflowRequest{Id: w}); err != nil {
		t.Fatal(err)
	}
	them := as(t, d.other, identity.Owner)
	_, get := d.workflows.GetWorkflow(them, &workflowv1.GetWorkflowRequest{Id: w})
	_, update := d.workflows.UpdateWorkflow(them, &workflowv1.UpdateWorkflowRequest{Id: w, DocumentJson: doc("W", "1")})
	_, remove := d.workflows.DeleteWorkflow(them, &workflowv1.DeleteWorkflowRequest{Id: w})
	_, publish := d.workflows.PublishWorkflow(them, &workflowv1.PublishWorkflowRequest{Id: w})
	_, version := d.workflows.GetVersion(them, &workflowv1.GetVersionRequest{WorkflowId: w})
	_, versions := d.workflows.ListVersions(them, &workflowv1.ListVersionsRequest{WorkflowId: w})
	_, rollback := d.workflows.RollbackWorkflow(them, &workflowv1.RollbackWorkflowRequest{Id: w, Version: 1})
	for what, err := range map[string]error{"get": get, "update": update, "delete": remove, "publish": publish, "version": version, "versions": versions, "rollback": rollback} {
		expectCode(t, what, err, codes.NotFound)
	}
	if list, err := d.workflows.ListWorkflows(them, &workflowv1.ListWorkflowsRequest{}); err != nil || len(list.GetWorkflows()) != 0 {
		t.Errorf("they see %v, %v", list, err)
	}
}

func TestWorkflowsAreListed(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"Alpha", "Beta", "Alphabet"} {
		d.create(t, doc(name, "1"))
	}
	var names []string
	page := &workflowv1.Page{Size: 2}
	for {
		list, err := d.workflows.ListWorkflows(as(t, d.workspace, identity.Viewer), &workflowv1.ListWorkflowsRequest{Page: page})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range list.GetWorkflows() {
			names = append(names, w.GetName())
			if w.GetDocumentJson() != "" || w.GetDescription() != "gives a value" {
				t.Errorf("the list has %v", w)
			}
		}
		if page.Token = list.GetNextToken(); page.GetToken() == "" {
			break
		}
	}
	if !slices.Equal(names, []string{"Alphabet", "Beta", "Alpha"}) {
		t.Errorf("the list is %v", names)
	}
	found, err := d.workflows.ListWorkflows(d.owner(t), &workflowv1.ListWorkflowsRequest{NameContains: "ALPHA"})
	if err != nil || len(found.GetWorkflows()) != 2 {
		t.Errorf("found %v, %v", found, err)
	}
	for what, request := range map[string]*workflowv1.ListWorkflowsRequest{
		"a made-up token": {Page: &workflowv1.Page{Token: "x"}},
		"a long name":     {NameContains: strings.Repeat("x", 101)},
		"a NUL":           {NameContains: "\x00"},
	} {
		_, err := d.workflows.ListWorkflows(d.owner(t), request)
		expectCode(t, what, err, codes.InvalidArgument)
	}
}

func TestRequestsOutOfBoundsAreRefused(t *testing.T) {
	d := newDesk(t)
	w := id.New(id.Workflow)
	_, revision := d.workflows.UpdateWorkflow(d.owner(t), &workflowv1.UpdateWorkflowRequest{Id: w, Revision: -1, DocumentJson: doc("W", "1")})
	_, note := d.workflows.PublishWorkflow(d.owner(t), &workflowv1.PublishWorkflowRequest{Id: w, Note: strings.Repeat("x", 1001)})
	_, nul := d.workflows.PublishWorkflow(d.owner(t), &workflowv1.PublishWorkflowRequest{Id: w, Note: "\x00"})
	_, version := d.workflows.GetVersion(d.owner(t), &workflowv1.GetVersionRequest{WorkflowId: w, Version: -1})
	_, rollback := d.workflows.RollbackWorkflow(d.owner(t), &workflowv1.RollbackWorkflowRequest{Id: w})
	for what, err := range map[string]error{"revision": revision, "note": note, "nul": nul, "version": version, "rollback": rollback} {
		expectCode(t, what, err, codes.InvalidArgument)
	}
}
