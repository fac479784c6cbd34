package grpcapi_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const branches = `{"schema": "agentteam/v1", "name": "Pushed", "inputs": {"type": "object", "properties": {"branch": {"type": "string"}}, "required": ["branch"]},
	"outputs": {"branch": "${{ inputs.branch }}"}, "nodes": [{"id": "a", "type": "transform", "config": {"value": 1}}], "edges": []}`

// pushed signs a delivery as GitHub does.
func pushed(hook, secret, delivery, body string) *workflowv1.ReceiveWebhookRequest {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return &workflowv1.ReceiveWebhookRequest{Id: hook, Body: []byte(body), Query: map[string]string{"q": "1"}, Headers: map[string]string{
		"content-type": "application/json", "x-github-delivery": delivery, "x-github-event": "push", "x-hub-signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
	}}
}

func TestADeliveryStartsOneRun(t *testing.T) {
	w := newLivingWorld(t)
	ctx, hooks := w.owner(t), workflowv1.NewWebhookServiceClient(w.conn)
	workflow := publish(t, w, branches)
	created, err := hooks.CreateWebhook(ctx, &workflowv1.CreateWebhookRequest{Name: "Pushes", Form: workflowv1.WebhookForm_WEBHOOK_FORM_GITHUB, WorkflowId: workflow,
		InputsJson: `{"branch": "${{ body.ref + headers['x-github-event'] + query.q }}"}`})
	if err != nil || !strings.HasPrefix(created.GetSecret(), "whsec_") {
		t.Fatalf("%v, %v", created, err)
	}
	hook, secret := created.GetWebhook().GetId(), created.GetSecret()
	runs := make([]string, 8)
	var all sync.WaitGroup
	for i := range runs { // a sender that does not wait for the answer
		all.Go(func() {
			answer, err := hooks.ReceiveWebhook(context.WithoutCancel(t.Context()), pushed(hook, secret, "d1", `{"ref": "main"}`))
			if err != nil {
				t.Error(err)
			}
			runs[i] = answer.GetRunId()
		})
	}
	all.Wait()
	for _, run := range runs {
		if run == "" || run != runs[0] {
			t.Fatalf("one delivery started %v", runs)
		}
	}
	got, err := w.runs.GetRun(ctx, &workflowv1.GetRunRequest{Id: runs[0]})
	if err != nil || got.GetRun().GetInputsJson() != `{"branch":"mainpush1"}` || got.GetRun().GetCreated().GetKind() != "webhook" || got.GetRun().GetCreated().GetSubject() != hook {
		t.Errorf("%v, %v", got, err)
	}
	other, err := hooks.ReceiveWebhook(t.Context(), pushed(hook, secret, "d2", `{"ref": "main"}`))
	if err != nil || other.GetRunId() == runs[0] {
		t.Errorf("another delivery: %v, %v", other, err)
	}
	if list, err := w.runs.ListRuns(ctx, &workflowv1.ListRunsRequest{WorkflowId: workflow}); err != nil || len(list.GetRuns()) != 2 {
		t.Errorf("%d runs, %v", len(list.GetRuns()), err)
	}
	_, err = hooks.ReceiveWebhook(t.Context(), pushed(hook, secret, "d3", `{"ref": 1}`))
	expectCode(t, "an expression that fails", err, codes.InvalidArgument)
	_, err = hooks.ReceiveWebhook(t.Context(), pushed(hook, secret, "d4", `{`))
	expectCode(t, "no JSON", err, codes.InvalidArgument)
	shown, err := hooks.GetWebhook(ctx, &workflowv1.GetWebhookRequest{Id: hook})
	if err != nil || strings.Contains(fmt.Sprint(shown), secret) {
		t.Errorf("the secret is shown again: %v, %v", shown, err)
	}
	if _, err := hooks.DeleteWebhook(ctx, &workflowv1.DeleteWebhookRequest{Id: hook}); err != nil {
		t.Fatal(err)
	}
	_, gone := hooks.ReceiveWebhook(t.Context(), pushed(hook, secret, "d5", `{}`))
	expectCode(t, "deleted", gone, codes.Unauthenticated)
}

func TestADeliveryThatIsNotSignedIsNobodys(t *testing.T) {
	w := newLivingWorld(t)
	ctx, hooks := w.owner(t), workflowv1.NewWebhookServiceClient(w.conn)
	created, err := hooks.CreateWebhook(ctx, &workflowv1.CreateWebhookRequest{Name: "Pushes", Form: workflowv1.WebhookForm_WEBHOOK_FORM_GITHUB, WorkflowId: publish(t, w, branches)})
	if err != nil {
		t.Fatal(err)
	}
	hook, secret := created.GetWebhook().GetId(), created.GetSecret()
	_, nowhere := hooks.ReceiveWebhook(t.Context(), pushed("whk_00000000000000000000000000", secret, "d1", `{}`))
	_, wrong := hooks.ReceiveWebhook(t.Context(), pushed(hook, secret+"x", "d1", `{}`))
	changed := pushed(hook, secret, "d1", `{"ref": "main"}`)
	changed.Body = []byte(`{"ref": "evil"}`)
	_, other := hooks.ReceiveWebhook(t.Context(), changed)
	for what, err := range map[string]error{"no such webhook": nowhere, "another secret": wrong, "another body": other} {
		expectCode(t, what, err, codes.Unauthenticated)
		if status.Convert(err).Message() != status.Convert(nowhere).Message() {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAWebhookThatCannotBeRightIsRefused(t *testing.T) {
	w := newLivingWorld(t)
	ctx, hooks := w.owner(t), workflowv1.NewWebhookServiceClient(w.conn)
	workflow := publish(t, w, branches)
	for field, request := range map[string]*workflowv1.CreateWebhookRequest{
		"/name":          {Form: 1, WorkflowId: workflow},
		"/form":          {Name: "n", WorkflowId: workflow},
		"/version":       {Name: "n", Form: 1, WorkflowId: workflow, Version: -1},
		"/inputs":        {Name: "n", Form: 1, WorkflowId: workflow, InputsJson: `{`},
		"/inputs/branch": {Name: "n", Form: 1, WorkflowId: workflow, InputsJson: `{"branch": "${{ inputs.x }}"}`},
		"/secret":        {Name: "n", Form: 1, WorkflowId: workflow, Secret: "short"},
	} {
		if _, err := hooks.CreateWebhook(ctx, request); status.Code(err) != codes.InvalidArgument || violated(err) != field {
			t.Errorf("%s: %v at %s", field, err, violated(err))
		}
	}
	_, err := hooks.CreateWebhook(ctx, &workflowv1.CreateWebhookRequest{Name: "n", Form: 1, WorkflowId: workflow, Version: 9})
	expectCode(t, "no such version", err, codes.NotFound)
}

// publish gives a workflow with one version.
func publish(t *testing.T, w *world, document string) string {
	t.Helper()
	workflows := workflowv1.NewWorkflowServiceClient(w.conn)
	created, err := workflows.CreateWorkflow(w.owner(t), &workflowv1.CreateWorkflowRequest{DocumentJson: document})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := workflows.PublishWorkflow(w.owner(t), &workflowv1.PublishWorkflowRequest{Id: created.GetWorkflow().GetId()}); err != nil {
		t.Fatal(err)
	}
	return created.GetWorkflow().GetId()
}
