package httpapi

import (
	"context"
	"net/http"

	"github.com/agentteam/agentteam/apps/apigateway/internal/idempotency"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func (s *Server) scheduleControls(tag string) {
	register(s, operation{
		id: "pause-schedule", method: http.MethodPost, path: "/v1/schedules/{id}:pause", tag: tag, summary: "Let times pass without ticks",
		access: may(identity.RunsControl), status: http.StatusOK, errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *SchedulePath) (*scheduleOutput, error) {
		answer, err := s.engine.Schedules.PauseSchedule(ctx, &workflowv1.PauseScheduleRequest{Id: in.ID})
		if err != nil {
			return nil, err
		}
		return scheduleAnswer(answer.GetSchedule()), nil
	})
	register(s, operation{
		id: "resume-schedule", method: http.MethodPost, path: "/v1/schedules/{id}:resume", tag: tag, summary: "Go on with the next time from now",
		access: may(identity.RunsControl), status: http.StatusOK, errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *SchedulePath) (*scheduleOutput, error) {
		answer, err := s.engine.Schedules.ResumeSchedule(ctx, &workflowv1.ResumeScheduleRequest{Id: in.ID})
		if err != nil {
			return nil, err
		}
		return scheduleAnswer(answer.GetSchedule()), nil
	})
	register(s, operation{
		id: "trigger-schedule", method: http.MethodPost, path: "/v1/schedules/{id}:trigger", tag: tag, summary: "Make a tick now",
		detail: "The policy of overlaps holds: the outcome says whether a run started. Also while the schedule is paused.",
		access: may(identity.RunsStart), status: http.StatusAccepted, errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *SchedulePath) (*struct{ Body Tick }, error) {
		answer, err := s.engine.Schedules.TriggerSchedule(ctx, &workflowv1.TriggerScheduleRequest{Id: in.ID, RunId: idempotency.NewID(ctx, id.Run)})
		if err != nil {
			return nil, err
		}
		return &struct{ Body Tick }{tick(answer.GetTick())}, nil
	})
	register(s, operation{
		id: "list-ticks", method: http.MethodGet, path: "/v1/schedules/{id}/ticks", tag: tag, summary: "List the ticks of a schedule, the newest first",
		detail: "Ticks are kept for 90 days.", access: may(identity.RunsRead), errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *struct {
		SchedulePath
		Paging
	}) (*listOutput[Tick], error) {
		answer, err := s.engine.Schedules.ListTicks(ctx, &workflowv1.ListTicksRequest{ScheduleId: in.ID, Page: in.proto()})
		if err != nil {
			return nil, err
		}
		return listOf(answer.GetTicks(), answer.GetNextToken(), tick), nil
	})
}
