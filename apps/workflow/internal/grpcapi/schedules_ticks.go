package grpcapi

import (
	"context"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/paging"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// PauseSchedule lets times pass without ticks.
func (s *Schedules) PauseSchedule(ctx context.Context, request *workflowv1.PauseScheduleRequest) (*workflowv1.PauseScheduleResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	paused, err := s.store.PauseSchedule(ctx, caller.Workspace, request.GetId(), store.ActorOf(caller))
	if err != nil {
		return nil, err
	}
	message, err := s.message(ctx, caller, paused)
	return &workflowv1.PauseScheduleResponse{Schedule: message}, err
}

// ResumeSchedule goes on with the next time from now.
func (s *Schedules) ResumeSchedule(ctx context.Context, request *workflowv1.ResumeScheduleRequest) (*workflowv1.ResumeScheduleResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.store.Schedule(ctx, caller.Workspace, request.GetId())
	if err != nil {
		return nil, err
	}
	c, err := calendarOf(found.ScheduleSpec)
	if err != nil {
		return nil, err
	}
	resumed, err := s.store.ResumeSchedule(ctx, caller.Workspace, request.GetId(), c.Next, store.ActorOf(caller))
	if err != nil {
		return nil, err
	}
	message, err := s.message(ctx, caller, resumed)
	return &workflowv1.ResumeScheduleResponse{Schedule: message}, err
}

// TriggerSchedule makes a tick now.
func (s *Schedules) TriggerSchedule(ctx context.Context, request *workflowv1.TriggerScheduleRequest) (*workflowv1.TriggerScheduleResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkNewID("run_id", request.GetRunId()); err != nil {
		return nil, err
	}
	if _, err := s.store.Schedule(ctx, caller.Workspace, request.GetId()); err != nil {
		return nil, err
	}
	tick, err := s.triggers.Trigger(ctx, caller, request.GetId(), request.GetRunId())
	if err != nil {
		return nil, err
	}
	return &workflowv1.TriggerScheduleResponse{Tick: tickMessage(tick)}, nil
}

// tickList is the kind of the page tokens of ListTicks.
const tickList = "ticks"

// ListTicks lists the ticks of a schedule, the newest first.
func (s *Schedules) ListTicks(ctx context.Context, request *workflowv1.ListTicksRequest) (*workflowv1.ListTicksResponse, error) {
	page, next, err := list[store.Tick, *workflowv1.Tick]{
		tickList, func(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]store.Tick, error) {
			return s.store.Ticks(ctx, workspace, request.GetScheduleId(), after, limit)
		},
		func(one store.Tick) (time.Time, string) { return one.DueAt, one.ScheduleID }, tickMessage,
	}.page(ctx, request.GetPage())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ListTicksResponse{Ticks: page, NextToken: next}, nil
}
