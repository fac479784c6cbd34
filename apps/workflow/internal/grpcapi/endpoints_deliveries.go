package grpcapi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// deliveryList is the kind of the page tokens of ListDeliveries.
const deliveryList = "deliveries"

// ListDeliveries lists the deliveries of an endpoint, the newest first.
func (e *Endpoints) ListDeliveries(ctx context.Context, request *workflowv1.ListDeliveriesRequest) (*workflowv1.ListDeliveriesResponse, error) {
	page, next, err := list[store.Delivery, *workflowv1.Delivery]{
		deliveryList, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.Delivery, error) {
			return e.store.Deliveries(ctx, workspace, request.GetEndpointId(), after, limit)
		},
		func(one store.Delivery) (time.Time, string) { return one.CreatedAt, one.ID }, deliveryMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListDeliveriesResponse{Deliveries: page, NextToken: next}, nil
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
