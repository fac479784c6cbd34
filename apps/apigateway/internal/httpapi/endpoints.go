package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// EndpointRequest asks to be told of events.
type EndpointRequest struct {
	URL        string   `json:"url" maxLength:"2000" example:"https://example.com/hooks"`
	EventTypes []string `json:"event_types" minItems:"1" maxItems:"7" enum:"run.completed,run.failed,run.canceled,run.budget_exhausted,approval.requested,approval.decided,approval.expired" nullable:"false"`
}

// EndpointChange replaces what an endpoint is.
type EndpointChange struct {
	EndpointRequest
	Disabled bool `json:"disabled,omitempty" doc:"Nothing is sent, and what happens meanwhile is not told later."`
}

// Endpoint is an address that is told of events.
type Endpoint struct {
	EndpointRequest
	ID             string     `json:"id" example:"whe_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Disabled       bool       `json:"disabled"`
	DisabledReason string     `json:"disabled_reason,omitempty" doc:"Why, if nobody disabled it: it answered 410, or nothing succeeded for five days."`
	FailingSince   *time.Time `json:"failing_since,omitempty" doc:"No delivery has succeeded since."`
	Secret         string     `json:"secret,omitempty" doc:"Only in the answers to the creation and to a rotation."`
	CreatedAt      *time.Time `json:"created_at"`
	CreatedBy      *Actor     `json:"created_by"`
}

func endpoint(e *workflowv1.Endpoint) Endpoint {
	return Endpoint{
		ID: e.GetId(), EndpointRequest: EndpointRequest{URL: e.GetUrl(), EventTypes: e.GetEventTypes()}, Disabled: e.GetDisabled(), DisabledReason: e.GetDisabledReason(),
		FailingSince: moment(e.GetFailingSince()), CreatedAt: moment(e.GetCreated().GetTime()), CreatedBy: actor(e.GetCreated()),
	}
}

type endpointOutput struct {
	Location string `header:"Location" doc:"Where the new endpoint is."`
	Body     Endpoint
}

// EndpointPath names an endpoint.
type EndpointPath struct {
	ID string `path:"id" maxLength:"64" example:"whe_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

func exampleEndpoint() map[string]any {
	return map[string]any{"url": "https://example.com/hooks", "event_types": []string{"run.completed", "run.failed"}}
}

func (s *Server) endpoints() {
	tag := "Webhook endpoints"
	register(s, operation{
		id: "create-webhook-endpoint", method: http.MethodPost, path: "/v1/webhook-endpoints", tag: tag, summary: "Be told what happens to runs",
		detail: "Deliveries are signed as Standard Webhooks has it, and sent at least once. The answer holds the secret, this once: repeated with its Idempotency-Key, it is 409.",
		access: may(identity.TriggersManage), status: http.StatusCreated, example: exampleEndpoint(),
	}, s.createEndpoint)
	register(s, operation{
		id: "list-webhook-endpoints", method: http.MethodGet, path: "/v1/webhook-endpoints", tag: tag, summary: "List endpoints, the newest first", access: may(identity.TriggersManage),
	}, func(ctx context.Context, in *Paging) (*listOutput[Endpoint], error) {
		answer, err := s.engine.Endpoints.ListEndpoints(ctx, &workflowv1.ListEndpointsRequest{Page: in.proto()})
		if err != nil {
			return nil, err
		}
		return listOf(answer.GetEndpoints(), answer.GetNextToken(), endpoint), nil
	})
	register(s, operation{
		id: "get-webhook-endpoint", method: http.MethodGet, path: "/v1/webhook-endpoints/{id}", tag: tag, summary: "Get an endpoint",
		access: may(identity.TriggersManage), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *EndpointPath) (*endpointOutput, error) {
		answer, err := s.engine.Endpoints.GetEndpoint(ctx, &workflowv1.GetEndpointRequest{Id: in.ID})
		if err != nil {
			return nil, err
		}
		return &endpointOutput{Body: endpoint(answer.GetEndpoint())}, nil
	})
	register(s, operation{
		id: "update-webhook-endpoint", method: http.MethodPut, path: "/v1/webhook-endpoints/{id}", tag: tag, summary: "Replace an endpoint's address and types, disable or enable it",
		access: may(identity.TriggersManage), errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity}, example: exampleEndpoint(),
	}, s.updateEndpoint)
	register(s, operation{
		id: "delete-webhook-endpoint", method: http.MethodDelete, path: "/v1/webhook-endpoints/{id}", tag: tag, summary: "Delete an endpoint with its deliveries",
		access: may(identity.TriggersManage), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *EndpointPath) (*struct{}, error) {
		_, err := s.engine.Endpoints.DeleteEndpoint(ctx, &workflowv1.DeleteEndpointRequest{Id: in.ID})
		return nil, err
	})
	register(s, operation{
		id: "rotate-webhook-endpoint-secret", method: http.MethodPost, path: "/v1/webhook-endpoints/{id}:rotate-secret", tag: tag, summary: "Make a new secret",
		detail: "For a day, deliveries are signed by the old one too.", access: may(identity.TriggersManage), status: http.StatusOK, errors: []int{http.StatusNotFound},
	}, s.rotateEndpoint)
	s.deliveries(tag)
}

func (s *Server) createEndpoint(ctx context.Context, in *struct{ Body EndpointRequest }) (*endpointOutput, error) {
	answer, err := s.engine.Endpoints.CreateEndpoint(ctx, &workflowv1.CreateEndpointRequest{Url: in.Body.URL, EventTypes: in.Body.EventTypes})
	if err != nil {
		return nil, err
	}
	out := &endpointOutput{Location: "/v1/webhook-endpoints/" + answer.GetEndpoint().GetId(), Body: endpoint(answer.GetEndpoint())}
	out.Body.Secret = answer.GetSecret()
	return out, nil
}

func (s *Server) updateEndpoint(ctx context.Context, in *struct {
	EndpointPath
	Body EndpointChange
}) (*endpointOutput, error) {
	answer, err := s.engine.Endpoints.UpdateEndpoint(ctx, &workflowv1.UpdateEndpointRequest{Id: in.ID, Url: in.Body.URL, EventTypes: in.Body.EventTypes, Disabled: in.Body.Disabled})
	if err != nil {
		return nil, err
	}
	return &endpointOutput{Body: endpoint(answer.GetEndpoint())}, nil
}

func (s *Server) rotateEndpoint(ctx context.Context, in *EndpointPath) (*endpointOutput, error) {
	answer, err := s.engine.Endpoints.RotateEndpointSecret(ctx, &workflowv1.RotateEndpointSecretRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	out := &endpointOutput{Body: endpoint(answer.GetEndpoint())}
	out.Body.Secret = answer.GetSecret()
	return out, nil
}
