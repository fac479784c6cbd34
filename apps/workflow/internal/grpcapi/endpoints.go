package grpcapi

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/inbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/notify"
	"github.com/agentteam/agentteam/apps/workflow/internal/outbound"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/sealing"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// maxURL bounds an address, in characters.
const maxURL = 2000

// Endpoints is the EndpointService.
type Endpoints struct {
	workflowv1.UnimplementedEndpointServiceServer
	store  *store.Store
	sealer *sealing.Sealer
}

// NewEndpoints makes the service.
func NewEndpoints(s *store.Store, sealer *sealing.Sealer) *Endpoints {
	return &Endpoints{store: s, sealer: sealer}
}

// CreateEndpoint keeps an endpoint. Its secret is in the answer, this once.
func (e *Endpoints) CreateEndpoint(ctx context.Context, request *workflowv1.CreateEndpointRequest) (*workflowv1.CreateEndpointResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkEndpoint(request.GetUrl(), request.GetEventTypes()); err != nil {
		return nil, err
	}
	endpoint := store.Endpoint{ID: id.New(id.Endpoint), URL: request.GetUrl(), EventTypes: request.GetEventTypes(), CreatedBy: store.ActorOf(caller)}
	secret := inbound.NewSecret()
	if endpoint.Secret, err = e.sealer.Seal([]byte(secret), notify.Place(caller.Workspace, endpoint.ID)); err != nil {
		return nil, err
	}
	made, err := e.store.CreateEndpoint(ctx, caller.Workspace, endpoint)
	if err != nil {
		return nil, err
	}
	return &workflowv1.CreateEndpointResponse{Endpoint: endpointMessage(made), Secret: secret}, nil
}

// GetEndpoint gives one endpoint without its secret.
func (e *Endpoints) GetEndpoint(ctx context.Context, request *workflowv1.GetEndpointRequest) (*workflowv1.GetEndpointResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := e.store.Endpoint(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.GetEndpointResponse{Endpoint: endpointMessage(found)}, nil
}

// endpointList is the kind of the page tokens of ListEndpoints.
const endpointList = "endpoints"

// ListEndpoints lists endpoints, the newest first.
func (e *Endpoints) ListEndpoints(ctx context.Context, request *workflowv1.ListEndpointsRequest) (*workflowv1.ListEndpointsResponse, error) {
	page, next, err := list[store.Endpoint, *workflowv1.Endpoint]{
		endpointList, e.store.Endpoints,
		func(one store.Endpoint) (time.Time, string) { return one.CreatedAt, one.ID }, endpointMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListEndpointsResponse{Endpoints: page, NextToken: next}, nil
}

// UpdateEndpoint replaces what the user states.
func (e *Endpoints) UpdateEndpoint(ctx context.Context, request *workflowv1.UpdateEndpointRequest) (*workflowv1.UpdateEndpointResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := e.store.Endpoint(ctx, caller.Workspace, request.GetId()); err != nil {
		return nil, err
	}
	if err := checkEndpoint(request.GetUrl(), request.GetEventTypes()); err != nil {
		return nil, err
	}
	changed, err := e.store.UpdateEndpoint(ctx, caller.Workspace, request.GetId(), request.GetUrl(), request.GetEventTypes(), request.GetDisabled())
	if err != nil {
		return nil, err
	}
	return &workflowv1.UpdateEndpointResponse{Endpoint: endpointMessage(changed)}, nil
}

// DeleteEndpoint removes an endpoint with its deliveries.
func (e *Endpoints) DeleteEndpoint(ctx context.Context, request *workflowv1.DeleteEndpointRequest) (*workflowv1.DeleteEndpointResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.store.DeleteEndpoint(ctx, caller.Workspace, request.GetId()); err != nil {
		return nil, err
	}
	return &workflowv1.DeleteEndpointResponse{}, nil
}

// RotateEndpointSecret makes a new secret; the one before is used too for a day.
func (e *Endpoints) RotateEndpointSecret(ctx context.Context, request *workflowv1.RotateEndpointSecretRequest) (*workflowv1.RotateEndpointSecretResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	secret := inbound.NewSecret()
	sealed, err := e.sealer.Seal([]byte(secret), notify.Place(caller.Workspace, request.GetId()))
	if err != nil {
		return nil, err
	}
	rotated, err := e.store.RotateEndpoint(ctx, caller.Workspace, request.GetId(), sealed)
	if err != nil {
		return nil, err
	}
	return &workflowv1.RotateEndpointSecretResponse{Endpoint: endpointMessage(rotated), Secret: secret}, nil
}

// checkEndpoint refuses what can be told before anything is sent; the guard is where the connection is made.
func checkEndpoint(address string, types []string) error {
	if err := text("/url", address, maxURL); err != nil {
		return err
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return refuse("/url", "invalid_format", "url must be an address as https://example.com/hooks")
	}
	if err := outbound.CheckURL(parsed); err != nil {
		return refuse("/url", "invalid_format", "url: %s", err)
	}
	if len(types) == 0 {
		return refuse("/event_types", "missing_field", "event_types must name at least one of %s", strings.Join(store.EventTypes(), ", "))
	}
	for _, one := range types {
		if !slices.Contains(store.EventTypes(), one) {
			return refuse("/event_types", "unknown_value", "event_types are of %s, got %.40q", strings.Join(store.EventTypes(), ", "), one)
		}
	}
	return nil
}

func endpointMessage(e store.Endpoint) *workflowv1.Endpoint {
	return &workflowv1.Endpoint{
		Id: e.ID, Url: e.URL, EventTypes: e.EventTypes, Disabled: e.Disabled, DisabledReason: e.DisabledReason,
		FailingSince: timestamp(e.FailingSince), Created: actorMessage(e.CreatedBy, e.CreatedAt),
	}
}
