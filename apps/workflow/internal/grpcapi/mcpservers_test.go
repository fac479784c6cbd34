package grpcapi_test

import (
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/agentteam/agentteam/internal/mcptest"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func TestMCPServersAreAskedForTheirTools(t *testing.T) {
	w := newWorld(t)
	server := mcptest.Start(t)
	client, credentials := workflowv1.NewMCPServerServiceClient(w.conn), workflowv1.NewCredentialServiceClient(w.conn)
	elsewhere, err := credentials.CreateCredential(w.owner(t), secretCredential())
	if err != nil {
		t.Fatal(err)
	}
	secretive := url.URL{Scheme: "https", Host: "example.com", User: url.UserPassword("ada", "x")}
	for name, test := range map[string]struct {
		request *workflowv1.CreateMCPServerRequest
		code    codes.Code
		field   string
	}{
		"no name":                 {&workflowv1.CreateMCPServerRequest{Url: server.URL}, codes.InvalidArgument, "name"},
		"no URL":                  {&workflowv1.CreateMCPServerRequest{Name: "x", Url: "mcp"}, codes.InvalidArgument, "url"},
		"a password in the URL":   {&workflowv1.CreateMCPServerRequest{Name: "x", Url: secretive.String()}, codes.InvalidArgument, "url"},
		"no such policy":          {&workflowv1.CreateMCPServerRequest{Name: "x", Url: server.URL, Approval: 9}, codes.InvalidArgument, "approval"},
		"another's credential":    {&workflowv1.CreateMCPServerRequest{Name: "x", Url: server.URL, CredentialId: elsewhere.GetCredential().GetId()}, codes.InvalidArgument, "credential_id"},
		"nobody there":            {&workflowv1.CreateMCPServerRequest{Name: "x", Url: "http://127.0.0.1:1"}, codes.FailedPrecondition, ""},
		"a server of the network": {&workflowv1.CreateMCPServerRequest{Name: "x", Url: "http://169.254.169.254/mcp"}, codes.FailedPrecondition, ""},
	} {
		_, err := client.CreateMCPServer(w.owner(t), test.request)
		expectCode(t, name, err, test.code)
		if violated(err) != test.field || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the refusal names %q, want %q: %v", name, violated(err), test.field, err)
		}
	}
	own, err := credentials.CreateCredential(w.owner(t), &workflowv1.CreateCredentialRequest{Name: "own", Kind: 1, Origins: []string{strings.TrimSuffix(server.URL, "/mcp")}, Value: "hunter2-hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	created, err := client.CreateMCPServer(w.owner(t), &workflowv1.CreateMCPServerRequest{Name: "x", Url: server.URL, CredentialId: own.GetCredential().GetId()})
	if err != nil || len(created.GetServer().GetTools()) != 3 || created.GetServer().GetApproval() != workflowv1.ApprovalPolicy_APPROVAL_POLICY_ON_WRITE {
		t.Fatalf("created %v, %v", created, err)
	}
	server.Offer("close", nil)
	id := created.GetServer().GetId()
	if known, err := client.GetMCPServer(w.owner(t), &workflowv1.GetMCPServerRequest{Id: id}); err != nil || len(known.GetServer().GetTools()) != 3 {
		t.Errorf("before a refresh: %v, %v", known, err)
	}
	if known, err := client.RefreshMCPServer(w.owner(t), &workflowv1.RefreshMCPServerRequest{Id: id}); err != nil || len(known.GetServer().GetTools()) != 4 {
		t.Errorf("after a refresh: %v, %v", known, err)
	}
	_, err = credentials.DeleteCredential(w.owner(t), &workflowv1.DeleteCredentialRequest{Id: own.GetCredential().GetId()})
	expectCode(t, "a credential in use", err, codes.FailedPrecondition)
}
