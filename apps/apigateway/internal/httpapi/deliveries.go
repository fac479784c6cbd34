package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Delivery is one event for one endpoint.
type Delivery struct {
	ID             string     `json:"id" doc:"Also the header webhook-id, in every attempt."`
	EventType      string     `json:"event_type" example:"run.completed"`
	RunID          string     `json:"run_id"`
	Status         string     `json:"status" enum:"pending,delivered,failed"`
	Attempts       int32      `json:"attempts"`
	ResponseStatus int32      `json:"response_status,omitempty" doc:"Of the last attempt's answer, if there was one."`
	Error          string     `json:"error,omitempty" doc:"Why the last attempt failed."`
	CreatedAt      *time.Time `json:"created_at"`
	NextAt         *time.Time `json:"next_at,omitempty" doc:"Of the next attempt."`
	LastAt         *time.Time `json:"last_at,omitempty" doc:"Of the last attempt's end."`
}

func delivery(d *workflowv1.Delivery) Delivery {
	return Delivery{
		ID: d.GetId(), EventType: d.GetEventType(), RunID: d.GetRunId(), Status: word(d.GetStatus()), Attempts: d.GetAttempts(), ResponseStatus: d.GetResponseStatus(),
		Error: d.GetError(), CreatedAt: moment(d.GetCreateTime()), NextAt: moment(d.GetNextTime()), LastAt: moment(d.GetLastTime()),
	}
}

func (s *Server) deliveries(tag string) {
	register(s, operation{
		id: "list-webhook-deliveries", method: http.MethodGet, path: "/v1/webhook-endpoints/{id}/deliveries", tag: tag, summary: "List an endpoint's deliveries, the newest first",
		detail: "They are kept for 30 days.", access: may(identity.TriggersManage), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *struct {
		EndpointPath
		Paging
	}) (*listOutput[Delivery], error) {
		answer, err := s.engine.Endpoints.ListDeliveries(ctx, &workflowv1.ListDeliveriesRequest{EndpointId: in.ID, Page: in.proto()})
		if err != nil {
			return nil, err
		}
		return listOf(answer.GetDeliveries(), answer.GetNextToken(), delivery), nil
	})
	register(s, operation{
		id: "redeliver-webhook", method: http.MethodPost, path: "/v1/webhook-endpoints/{id}/deliveries/{delivery}:redeliver", tag: tag, summary: "Send a delivery again",
		detail: "With the same id, and all attempts that a new one has.", access: may(identity.TriggersManage), status: http.StatusAccepted, errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *struct {
		EndpointPath
		Delivery string `path:"delivery" maxLength:"64"`
	}) (*struct{ Body Delivery }, error) {
		answer, err := s.engine.Endpoints.Redeliver(ctx, &workflowv1.RedeliverRequest{EndpointId: in.ID, DeliveryId: in.Delivery})
		if err != nil {
			return nil, err
		}
		return &struct{ Body Delivery }{delivery(answer.GetDelivery())}, nil
	})
}
