package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// WebhookRequest asks for a place that another system sends to.
type WebhookRequest struct {
	Name     string          `json:"name" minLength:"1" maxLength:"100" example:"Pushes"`
	Form     string          `json:"form" enum:"github,slack,standard,generic" doc:"How deliveries are signed: X-Hub-Signature-256, Slack's v0, Standard Webhooks, or X-Signature: sha256=<HMAC-SHA256 of the body in hexadecimal>."`
	Workflow string          `json:"workflow" maxLength:"64" doc:"The workflow's id."`
	Version  int32           `json:"version,omitempty" minimum:"1" doc:"The newest published version at each delivery without it."`
	Inputs   json.RawMessage `json:"inputs,omitempty" doc:"Of each run, with expressions over body, headers (by lower-case name) and query; the whole body without it."`
}

// NewWebhook may have the sender's secret.
type NewWebhook struct {
	WebhookRequest
	Secret string `json:"secret,omitempty" minLength:"16" maxLength:"256" doc:"The sender's own, such as Slack's signing secret. Made without it."`
}

// Webhook starts runs by what another system sends.
type Webhook struct {
	WebhookRequest
	ID        string     `json:"id" example:"whk_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Path      string     `json:"path" example:"/hooks/whk_01jcz3x8v9k2m4n6p8q0r2s4t6" doc:"Where deliveries go, at this API's address, by POST and without a token."`
	Secret    string     `json:"secret,omitempty" doc:"Only in the answer to the creation, if it was made."`
	CreatedAt *time.Time `json:"created_at"`
	CreatedBy *Actor     `json:"created_by"`
}

func webhook(w *workflowv1.Webhook) Webhook {
	return Webhook{
		ID: w.GetId(), Path: hooksPath + w.GetId(), CreatedAt: moment(w.GetCreated().GetTime()), CreatedBy: actor(w.GetCreated()),
		WebhookRequest: WebhookRequest{
			Name: w.GetName(), Form: word(w.GetForm()), Workflow: w.GetWorkflowId(), Version: w.GetVersion(), Inputs: raw(w.GetInputsJson()),
		},
	}
}

type webhookOutput struct {
	Location string `header:"Location" doc:"Where the new webhook is."`
	Body     Webhook
}

// WebhookPath names a webhook.
type WebhookPath struct {
	ID string `path:"id" maxLength:"64" example:"whk_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

func (s *Server) webhooks() {
	tag := "Webhooks"
	register(s, operation{
		id: "create-webhook", method: http.MethodPost, path: "/v1/webhooks", tag: tag, summary: "Start runs by what another system sends",
		detail: "The answer holds the path to send to and a secret that was made, this once: repeated with its Idempotency-Key, it is 409.",
		access: may(identity.TriggersManage), status: http.StatusCreated, errors: []int{http.StatusNotFound},
		example: map[string]any{"name": "Pushes", "form": "github", "workflow": "wfl_01jcz3x8v9k2m4n6p8q0r2s4t6", "inputs": map[string]any{"branch": "${{ body.ref }}"}},
	}, s.createWebhook)
	register(s, operation{
		id: "list-webhooks", method: http.MethodGet, path: "/v1/webhooks", tag: tag, summary: "List webhooks, the newest first", access: may(identity.RunsRead),
	}, func(ctx context.Context, in *Paging) (*listOutput[Webhook], error) {
		answer, err := s.engine.Webhooks.ListWebhooks(ctx, &workflowv1.ListWebhooksRequest{Page: in.proto()})
		if err != nil {
			return nil, err
		}
		return listOf(answer.GetWebhooks(), answer.GetNextToken(), webhook), nil
	})
	register(s, operation{
		id: "get-webhook", method: http.MethodGet, path: "/v1/webhooks/{id}", tag: tag, summary: "Get a webhook",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *WebhookPath) (*webhookOutput, error) {
		answer, err := s.engine.Webhooks.GetWebhook(ctx, &workflowv1.GetWebhookRequest{Id: in.ID})
		if err != nil {
			return nil, err
		}
		return &webhookOutput{Body: webhook(answer.GetWebhook())}, nil
	})
	register(s, operation{
		id: "delete-webhook", method: http.MethodDelete, path: "/v1/webhooks/{id}", tag: tag, summary: "Delete a webhook",
		detail: "Deliveries to it are refused from then on; runs go on.", access: may(identity.TriggersManage), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *WebhookPath) (*struct{}, error) {
		_, err := s.engine.Webhooks.DeleteWebhook(ctx, &workflowv1.DeleteWebhookRequest{Id: in.ID})
		return nil, err
	})
}

func (s *Server) createWebhook(ctx context.Context, in *struct{ Body NewWebhook }) (*webhookOutput, error) {
	request := &workflowv1.CreateWebhookRequest{
		Name: in.Body.Name, WorkflowId: in.Body.Workflow, Version: in.Body.Version, InputsJson: string(in.Body.Inputs), Secret: in.Body.Secret,
	}
	for _, form := range values[workflowv1.WebhookForm]([]string{in.Body.Form}) {
		request.Form = form
	}
	answer, err := s.engine.Webhooks.CreateWebhook(ctx, request)
	if err != nil {
		return nil, err
	}
	out := &webhookOutput{Location: "/v1/webhooks/" + answer.GetWebhook().GetId(), Body: webhook(answer.GetWebhook())}
	out.Body.Secret = answer.GetSecret()
	return out, nil
}
