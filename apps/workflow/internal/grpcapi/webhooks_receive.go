package grpcapi

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/apps/workflow/internal/inbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// ReceiveWebhook starts the run of a delivery. Who sends is nobody until the signature is right, and learns nothing, not even
// whether there is such a webhook.
func (w *Webhooks) ReceiveWebhook(ctx context.Context, request *workflowv1.ReceiveWebhookRequest) (*workflowv1.ReceiveWebhookResponse, error) {
	hook, delivery, err := w.verified(ctx, request)
	if err != nil {
		return nil, err
	}
	if delivery.Trial {
		return &workflowv1.ReceiveWebhookResponse{Challenge: delivery.Challenge}, nil
	}
	if known, err := w.store.RunOfDelivery(ctx, hook.Workspace, hook.ID, delivery.ID); err != nil || known != "" {
		return &workflowv1.ReceiveWebhookResponse{RunId: known}, err // whatever the workflow is by now
	}
	variables, err := inbound.Values(request.GetHeaders(), request.GetQuery(), request.GetBody())
	if err != nil {
		return nil, refuse("body", "invalid_format", "%s", err)
	}
	run, err := w.triggers.Receive(ctx, hook, delivery.ID, variables)
	if err != nil {
		return nil, err
	}
	return &workflowv1.ReceiveWebhookResponse{RunId: run}, nil
}

func (w *Webhooks) verified(ctx context.Context, request *workflowv1.ReceiveWebhookRequest) (store.Webhook, inbound.Delivery, error) {
	unsigned := status.Error(codes.Unauthenticated, "there is no such webhook, or the delivery is not signed by its secret")
	if len(request.GetBody()) > inbound.MaxBody {
		return store.Webhook{}, inbound.Delivery{}, refuse("body", "too_large", "the body has at most %d bytes, got %d", inbound.MaxBody, len(request.GetBody()))
	}
	hook, now, err := w.store.FindWebhook(ctx, request.GetId())
	if errors.Is(err, store.ErrNotFound) {
		return hook, inbound.Delivery{}, unsigned
	}
	if err != nil {
		return hook, inbound.Delivery{}, err
	}
	secret, err := w.sealer.Open(hook.Secret, placeOf(hook.Workspace, hook.ID))
	if err != nil {
		return hook, inbound.Delivery{}, err
	}
	header := http.Header{}
	for name, values := range request.GetHeaders() {
		header.Set(name, values)
	}
	delivery, err := inbound.Verify(hook.Form, secret, header, request.GetBody(), now)
	if err != nil {
		return hook, delivery, unsigned
	}
	return hook, delivery, nil
}
