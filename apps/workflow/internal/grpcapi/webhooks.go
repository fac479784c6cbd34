package grpcapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/inbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/apps/workflow/internal/trigger"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/sealing"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const (
	webhookFormPrefix = "WEBHOOK_FORM_"
	webhookPurpose    = "webhook"
	// everything passes a delivery's body on as the run's inputs.
	everything = `"${{ body }}"`
)

// Webhooks is the WebhookService.
type Webhooks struct {
	workflowv1.UnimplementedWebhookServiceServer
	store    *store.Store
	triggers Triggers
	sealer   *sealing.Sealer
}

// NewWebhooks makes the service.
func NewWebhooks(s *store.Store, triggers Triggers, sealer *sealing.Sealer) *Webhooks {
	return &Webhooks{store: s, triggers: triggers, sealer: sealer}
}

// CreateWebhook keeps a webhook. A secret that was made is in the answer, this once.
func (w *Webhooks) CreateWebhook(ctx context.Context, request *workflowv1.CreateWebhookRequest) (*workflowv1.CreateWebhookResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	hook, err := webhookOf(request)
	if err != nil {
		return nil, err
	}
	hook.ID, hook.CreatedBy = id.New(id.Webhook), store.ActorOf(caller)
	// Whether the inputs fit is known with a delivery.
	unchecked := func(ledger.Plan) (json.RawMessage, error) { return nil, nil }
	if err := w.triggers.CheckTrigger(ctx, caller, hook.WorkflowID, int(hook.Version), unchecked); err != nil {
		return nil, err
	}
	secret, shown := request.GetSecret(), ""
	if secret == "" {
		secret = inbound.NewSecret()
		shown = secret
	}
	if err := inbound.CheckSecret(hook.Form, secret); err != nil {
		return nil, refuse("/secret", "invalid_format", "%s", err)
	}
	if hook.Secret, err = w.sealer.Seal([]byte(secret), placeOf(caller.Workspace, hook.ID)); err != nil {
		return nil, err
	}
	made, err := w.store.CreateWebhook(ctx, caller.Workspace, hook)
	if err != nil {
		return nil, err
	}
	return &workflowv1.CreateWebhookResponse{Webhook: webhookMessage(made), Secret: shown}, nil
}

// GetWebhook gives one webhook without its secret.
func (w *Webhooks) GetWebhook(ctx context.Context, request *workflowv1.GetWebhookRequest) (*workflowv1.GetWebhookResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := w.store.Webhook(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetWebhookResponse{Webhook: webhookMessage(found)}, nil
}

// webhookList is the kind of the page tokens of ListWebhooks.
const webhookList = "webhooks"

// ListWebhooks lists webhooks, the newest first.
func (w *Webhooks) ListWebhooks(ctx context.Context, request *workflowv1.ListWebhooksRequest) (*workflowv1.ListWebhooksResponse, error) {
	page, next, err := list[store.Webhook, *workflowv1.Webhook]{
		webhookList, w.store.Webhooks,
		func(one store.Webhook) (time.Time, string) { return one.CreatedAt, one.ID }, webhookMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListWebhooksResponse{Webhooks: page, NextToken: next}, nil
}

// DeleteWebhook removes a webhook: its address is nobody's from then on.
func (w *Webhooks) DeleteWebhook(ctx context.Context, request *workflowv1.DeleteWebhookRequest) (*workflowv1.DeleteWebhookResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.store.DeleteWebhook(ctx, caller.Workspace, request.GetId()); err != nil {
		return nil, err
	}
	return &workflowv1.DeleteWebhookResponse{}, nil
}

func webhookOf(request *workflowv1.CreateWebhookRequest) (store.Webhook, error) {
	hook := store.Webhook{Name: request.GetName(), WorkflowID: request.GetWorkflowId(), Version: request.GetVersion(), Inputs: everything}
	err := triggerNames(hook.Name, hook.WorkflowID, hook.Version)
	if err != nil {
		return hook, err
	}
	if hook.Form, err = word("/form", webhookFormPrefix, request.GetForm()); err != nil {
		return hook, err
	}
	inputs, err := value("/inputs", request.GetInputsJson())
	if err != nil {
		return hook, err
	}
	if inputs != nil {
		hook.Inputs = string(inputs)
	}
	_, err = trigger.CompileInputs(json.RawMessage(hook.Inputs), inbound.Variables())
	return hook, err
}

func placeOf(workspace, webhook string) sealing.Place {
	return sealing.Place{Workspace: workspace, Purpose: webhookPurpose, ID: webhook}
}

func webhookMessage(w store.Webhook) *workflowv1.Webhook {
	return &workflowv1.Webhook{
		Id: w.ID, Name: w.Name, Form: workflowv1.WebhookForm(number(workflowv1.WebhookForm_value, webhookFormPrefix, w.Form)),
		WorkflowId: w.WorkflowID, Version: w.Version, InputsJson: w.Inputs, Created: actorMessage(w.CreatedBy, w.CreatedAt),
	}
}
