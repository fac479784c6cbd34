package grpcapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/calendar"
	"github.com/agentteam/agentteam/apps/workflow/internal/ledger"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/apps/workflow/internal/trigger"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Triggers is what starts runs by itself; durable.Engine is it.
type Triggers interface {
	CheckTrigger(ctx context.Context, caller identity.Caller, workflow string, version int, inputs func(ledger.Plan) (json.RawMessage, error)) error
	Trigger(ctx context.Context, caller identity.Caller, schedule, run string) (store.Tick, error)
	Receive(ctx context.Context, hook store.Webhook, delivery string, variables map[string]any) (run string, err error)
}

// Schedules is the ScheduleService.
type Schedules struct {
	workflowv1.UnimplementedScheduleServiceServer
	store    *store.Store
	triggers Triggers
}

// NewSchedules makes the service.
func NewSchedules(s *store.Store, triggers Triggers) *Schedules {
	return &Schedules{store: s, triggers: triggers}
}

// CreateSchedule keeps a schedule whose next tick could start a run.
func (s *Schedules) CreateSchedule(ctx context.Context, request *workflowv1.CreateScheduleRequest) (*workflowv1.CreateScheduleResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	name := request.GetId()
	if name == "" {
		name = id.New(id.Schedule)
	}
	if !id.Valid(id.Schedule, name) {
		return nil, refuse("id", "invalid_format", "id must be a schedule's id or empty, such as %s", id.New(id.Schedule))
	}
	spec, c, err := s.check(ctx, caller, name, request.GetSpec())
	if err != nil {
		return nil, err
	}
	made, err := s.store.CreateSchedule(ctx, caller.Workspace, name, spec, c.Next, store.ActorOf(caller))
	if err != nil {
		return nil, err
	}
	message, err := s.message(ctx, caller, made)
	return &workflowv1.CreateScheduleResponse{Schedule: message}, err
}

// GetSchedule gives one schedule.
func (s *Schedules) GetSchedule(ctx context.Context, request *workflowv1.GetScheduleRequest) (*workflowv1.GetScheduleResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.store.Schedule(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	message, err := s.message(ctx, caller, found)
	return &workflowv1.GetScheduleResponse{Schedule: message}, err
}

// scheduleList is the kind of the page tokens of ListSchedules.
const scheduleList = "schedules"

// ListSchedules lists schedules, the newest first.
func (s *Schedules) ListSchedules(ctx context.Context, request *workflowv1.ListSchedulesRequest) (*workflowv1.ListSchedulesResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	page, next, err := list[store.Schedule, store.Schedule]{
		scheduleList, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.Schedule, error) {
			return s.store.Schedules(ctx, workspace, request.GetWorkflowId(), after, limit)
		},
		func(one store.Schedule) (time.Time, string) { return one.CreatedAt, one.ID }, asIs[store.Schedule],
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	shown, err := s.messages(ctx, caller, page)
	return &workflowv1.ListSchedulesResponse{Schedules: shown, NextToken: next}, err
}

// UpdateSchedule replaces what a schedule is made of.
func (s *Schedules) UpdateSchedule(ctx context.Context, request *workflowv1.UpdateScheduleRequest) (*workflowv1.UpdateScheduleResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(request.GetRevision()); err != nil {
		return nil, err
	}
	if _, err := s.store.Schedule(ctx, caller.Workspace, request.GetId()); err != nil {
		return nil, err
	}
	spec, c, err := s.check(ctx, caller, request.GetId(), request.GetSpec())
	if err != nil {
		return nil, err
	}
	changed, err := s.store.UpdateSchedule(ctx, caller.Workspace, request.GetId(), request.GetRevision(), spec, c.Next, store.ActorOf(caller))
	if err != nil {
		return nil, err
	}
	message, err := s.message(ctx, caller, changed)
	return &workflowv1.UpdateScheduleResponse{Schedule: message}, err
}

// DeleteSchedule removes a schedule with its ticks.
func (s *Schedules) DeleteSchedule(ctx context.Context, request *workflowv1.DeleteScheduleRequest) (*workflowv1.DeleteScheduleResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkRevision(request.GetRevision()); err != nil {
		return nil, err
	}
	if err := s.store.DeleteSchedule(ctx, caller.Workspace, request.GetId(), request.GetRevision()); err != nil {
		return nil, err
	}
	return &workflowv1.DeleteScheduleResponse{}, nil
}

// check gives what is kept of a spec, and its calendar.
func (s *Schedules) check(ctx context.Context, caller identity.Caller, schedule string, m *workflowv1.ScheduleSpec) (store.ScheduleSpec, *calendar.Calendar, error) {
	spec, c, err := scheduleSpec(m)
	if err != nil {
		return spec, nil, err
	}
	inputs, err := trigger.CompileInputs(json.RawMessage(spec.Inputs), trigger.ScheduleVariables())
	if err != nil {
		return spec, nil, err
	}
	now, err := s.store.Now(ctx)
	if err != nil {
		return spec, nil, err
	}
	err = s.triggers.CheckTrigger(ctx, caller, spec.WorkflowID, int(spec.Version), func(plan ledger.Plan) (json.RawMessage, error) {
		return inputs.For(plan, trigger.TickVariables(schedule, c.Next(now), c))
	})
	return spec, c, err
}
