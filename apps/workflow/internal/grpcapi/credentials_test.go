package grpcapi_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func TestCredentialsAreCheckedAndNeverShown(t *testing.T) {
	w := newWorld(t)
	client := workflowv1.NewCredentialServiceClient(w.conn)
	for field, spoil := range map[string]func(*workflowv1.CreateCredentialRequest){
		"name":     func(r *workflowv1.CreateCredentialRequest) { r.Name = " " },
		"kind":     func(r *workflowv1.CreateCredentialRequest) { r.Kind = 9 },
		"value":    func(r *workflowv1.CreateCredentialRequest) { r.Value = "hunter2" },
		"header":   func(r *workflowv1.CreateCredentialRequest) { r.Header = "X-Key" },
		"username": func(r *workflowv1.CreateCredentialRequest) { r.Kind = 3; r.Username = "a:b" },
		"origins":  func(r *workflowv1.CreateCredentialRequest) { r.Origins = []string{"https://api.example.com/v1"} },
	} {
		request := secretCredential()
		spoil(request)
		_, err := client.CreateCredential(w.owner(t), request)
		expectCode(t, field, err, codes.InvalidArgument)
		if violated(err) != field || strings.Contains(err.Error(), request.GetValue()) {
			t.Errorf("%s: the refusal names %q: %v", field, violated(err), err)
		}
	}
	var made []string
	for range 3 {
		created, err := client.CreateCredential(w.owner(t), secretCredential())
		if err != nil || strings.Contains(created.String(), "secret-value") {
			t.Fatal(created, err)
		}
		made = append(made, created.GetCredential().GetId())
	}
	page, err := client.ListCredentials(w.owner(t), &workflowv1.ListCredentialsRequest{Page: &workflowv1.Page{Size: 2}})
	if err != nil || len(page.GetCredentials()) != 2 || page.GetCredentials()[0].GetId() != made[2] || strings.Contains(page.String(), "secret-value") {
		t.Fatalf("the first page is %v, %v", page, err)
	}
	rest, err := client.ListCredentials(w.owner(t), &workflowv1.ListCredentialsRequest{Page: &workflowv1.Page{Size: 2, Token: page.GetNextToken()}})
	if err != nil || len(rest.GetCredentials()) != 1 || rest.GetCredentials()[0].GetId() != made[0] || rest.GetNextToken() != "" {
		t.Errorf("the second page is %v, %v", rest, err)
	}
	if _, err := client.DeleteCredential(w.owner(t), &workflowv1.DeleteCredentialRequest{Id: made[0]}); err != nil {
		t.Error(err)
	}
	_, err = client.GetCredential(w.owner(t), &workflowv1.GetCredentialRequest{Id: made[0]})
	expectCode(t, "a deleted credential", err, codes.NotFound)
}
