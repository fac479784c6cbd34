package grpcapi

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/workflow/internal/calendar"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// What is left out of a schedule, its bounds, and how many ticks around now it shows.
const (
	defaultWindow = 24 * time.Hour
	leastWindow   = time.Minute
	mostWindow    = 7 * 24 * time.Hour
	shownTicks    = 5
)

const (
	overlapPrefix = "OVERLAP_"
	catchUpPrefix = "CATCH_UP_"
	tickPrefix    = "TICK_OUTCOME_"
)

// scheduleSpec reads what the caller wants. The zone is UTC and the inputs are none unless it says otherwise.
func scheduleSpec(m *workflowv1.ScheduleSpec) (spec store.ScheduleSpec, c *calendar.Calendar, err error) {
	spec = store.ScheduleSpec{Name: m.GetName(), WorkflowID: m.GetWorkflowId(), Version: m.GetVersion(), Cron: m.GetCron(), TimeZone: cmp.Or(m.GetTimeZone(), "UTC")}
	if err := triggerNames(spec.Name, spec.WorkflowID, spec.Version); err != nil {
		return spec, nil, err
	}
	if err := schedulePolicies(m, &spec); err != nil {
		return spec, nil, err
	}
	inputs, err := value("/inputs", m.GetInputsJson())
	if err != nil {
		return spec, nil, err
	}
	spec.Inputs = cmp.Or(string(inputs), "{}")
	c, problems := calendar.Parse(spec.Cron, spec.TimeZone)
	if problems != nil {
		return spec, nil, unfit("the schedule", problems)
	}
	return spec, c, nil
}

// schedulePolicies skips an overlap, and catches nothing up, unless the caller says otherwise.
func schedulePolicies(m *workflowv1.ScheduleSpec, spec *store.ScheduleSpec) (err error) {
	if spec.Overlap, err = word("/overlap", overlapPrefix, cmp.Or(m.GetOverlap(), workflowv1.Overlap_OVERLAP_SKIP)); err != nil {
		return err
	}
	if spec.CatchUp, err = word("/catch_up", catchUpPrefix, cmp.Or(m.GetCatchUp(), workflowv1.CatchUp_CATCH_UP_NONE)); err != nil {
		return err
	}
	spec.CatchUpWindow = cmp.Or(m.GetCatchUpWindow().AsDuration().Truncate(time.Second), defaultWindow)
	if spec.CatchUpWindow < leastWindow || spec.CatchUpWindow > mostWindow {
		return refuse("/catch_up_window_seconds", "out_of_range", "catch_up_window_seconds must be from %d to %d, got %d",
			int(leastWindow.Seconds()), int(mostWindow.Seconds()), int(spec.CatchUpWindow.Seconds()))
	}
	return nil
}

// triggerNames checks what every trigger states.
func triggerNames(name, workflow string, version int32) error {
	if strings.TrimSpace(name) == "" {
		return refuse("/name", "missing_field", "name must say what the trigger is for, in 1-%d characters", maxName)
	}
	if err := text("/name", name, maxName); err != nil {
		return err
	}
	if !id.Valid(id.Workflow, workflow) {
		return store.Missing("workflow", workflow)
	}
	if version < 0 {
		return refuse("/version", "out_of_range", "version must be 1 or more, or 0 for the newest, got %d", version)
	}
	return nil
}

// word is a number of the API as the tables spell it.
func word[E protoreflect.Enum](field, prefix string, number E) (string, error) {
	found, err := words(field, prefix, []E{number})
	if err != nil {
		return "", err
	}
	return found[0], nil
}

func calendarOf(spec store.ScheduleSpec) (*calendar.Calendar, error) {
	c, problems := calendar.Parse(spec.Cron, spec.TimeZone)
	if problems != nil {
		return nil, fmt.Errorf("a stored calendar cannot be read: %s", problems[0].Message)
	}
	return c, nil
}

func (s *Schedules) message(ctx context.Context, caller identity.Caller, one store.Schedule) (*workflowv1.Schedule, error) {
	all, err := s.messages(ctx, caller, []store.Schedule{one})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// messages show schedules with the ticks around now.
func (s *Schedules) messages(ctx context.Context, caller identity.Caller, schedules []store.Schedule) ([]*workflowv1.Schedule, error) {
	names := make([]string, len(schedules))
	for i, one := range schedules {
		names[i] = one.ID
	}
	ticks, err := s.store.LastTicks(ctx, caller.Workspace, names, shownTicks)
	if err != nil {
		return nil, err
	}
	shown := make([]*workflowv1.Schedule, len(schedules))
	for i, one := range schedules {
		c, err := calendarOf(one.ScheduleSpec)
		if err != nil {
			return nil, err
		}
		shown[i] = scheduleMessage(one)
		for _, t := range ticks[one.ID] {
			shown[i].LastTicks = append(shown[i].LastTicks, tickMessage(t))
		}
		if one.Paused {
			continue
		}
		for _, at := range c.Upcoming(one.Now, shownTicks) {
			shown[i].NextTimes = append(shown[i].NextTimes, timestamppb.New(at))
		}
	}
	return shown, nil
}

func scheduleMessage(s store.Schedule) *workflowv1.Schedule {
	return &workflowv1.Schedule{
		Id: s.ID, Paused: s.Paused, Revision: s.Revision, Created: actorMessage(s.CreatedBy, s.CreatedAt), Updated: actorMessage(s.UpdatedBy, s.UpdatedAt),
		Spec: &workflowv1.ScheduleSpec{
			Name: s.Name, WorkflowId: s.WorkflowID, Version: s.Version, InputsJson: s.Inputs, Cron: s.Cron, TimeZone: s.TimeZone,
			Overlap:       workflowv1.Overlap(number(workflowv1.Overlap_value, overlapPrefix, s.Overlap)),
			CatchUp:       workflowv1.CatchUp(number(workflowv1.CatchUp_value, catchUpPrefix, s.CatchUp)),
			CatchUpWindow: durationpb.New(s.CatchUpWindow),
		},
	}
}

func tickMessage(t store.Tick) *workflowv1.Tick {
	message := &workflowv1.Tick{
		DueTime: timestamppb.New(t.DueAt), Outcome: workflowv1.TickOutcome(number(workflowv1.TickOutcome_value, tickPrefix, t.Outcome)),
		RunId: t.RunID, Reason: t.Reason, RecordTime: timestamppb.New(t.RecordedAt),
	}
	if t.TriggeredBy != nil {
		message.Triggered = actorMessage(*t.TriggeredBy, t.RecordedAt)
	}
	return message
}
