package grpcapi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// deliveryList is the kind of the page tokens of ListDeliveries.
const deliveryList = "deliveries"

// ListDeliveries lists the deliveries of an endpoint, the newest first.
func (e *Endpoints) ListDeliveries(ctx context.Context, request *workflowv1.ListDeliveriesRequest) (*workflowv1.ListDeliveriesResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	after, size, err := pageOf(deliveryList, request.GetPage())
	if err != nil {
		return nil, err
	}
	found, err := e.store.Deliveries(ctx, caller.Workspace, request.GetEndpointId(), after, size+1)
	if err != nil {
		return nil, err
	}
	page, token := cut(deliveryList, found, size, func(one store.Delivery) (time.Time, string) { return one.CreatedAt, one.ID })
	answer := &workflowv1.ListDeliveriesResponse{NextToken: token}
	for _, d := range page {
		answer.Deliveries = append(answer.Deliveries, deliveryMessage(d))
	}
	return answer, nil
}

// Redeliver sends one again.
func (e *Endpoints) Redeliver(ctx context.Context, request *workflowv1.RedeliverRequest) (*workflowv1.RedeliverResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	again, err := e.store.Redeliver(ctx, caller.Workspace, request.GetEndpointId(), request.GetDeliveryId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.RedeliverResponse{Delivery: deliveryMessage(again)}, nil
}

func deliveryMessage(d store.Delivery) *workflowv1.Delivery {
	return &workflowv1.Delivery{
		Id: d.ID, EndpointId: d.EndpointID, EventType: d.EventType, RunId: d.RunID, Attempts: d.Attempts, ResponseStatus: d.ResponseStatus, Error: d.Error,
		Status:     workflowv1.DeliveryStatus(number(workflowv1.DeliveryStatus_value, "DELIVERY_STATUS_", d.Status)),
		CreateTime: timestamppb.New(d.CreatedAt), NextTime: timestamp(d.NextAt), LastTime: timestamp(d.LastAt),
	}
}
