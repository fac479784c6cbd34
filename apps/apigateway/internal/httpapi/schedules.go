package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/agentteam/agentteam/apps/apigateway/internal/idempotency"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// ScheduleRequest is what a schedule is made of.
type ScheduleRequest struct {
	Name          string          `json:"name" minLength:"1" maxLength:"100" example:"Nightly report"`
	Workflow      string          `json:"workflow" maxLength:"64" doc:"The workflow's id."`
	Version       int32           `json:"version,omitempty" minimum:"1" doc:"The newest published version at each tick without it."`
	Inputs        json.RawMessage `json:"inputs,omitempty" doc:"Of each run, with expressions over due_at, local_time (both RFC 3339) and schedule_id."`
	Cron          string          `json:"cron" maxLength:"200" example:"30 6 * * 1-5" doc:"Minute, hour, day, month, weekday; or @hourly, @daily, @weekly, @monthly, @yearly."`
	TimeZone      string          `json:"time_zone,omitempty" maxLength:"64" default:"UTC" example:"Europe/Berlin" doc:"Of the IANA database."`
	Overlap       string          `json:"overlap,omitempty" enum:"skip,queue,cancel_previous,allow" default:"skip" doc:"What becomes of a tick while a run of an earlier one goes on."`
	CatchUp       string          `json:"catch_up,omitempty" enum:"none,last,all" default:"none" doc:"What becomes of ticks that no engine was there for in time."`
	CatchUpWindow int64           `json:"catch_up_window_seconds,omitempty" minimum:"60" maximum:"604800" default:"86400" doc:"How far back last and all look."`
}

func (r ScheduleRequest) proto() *workflowv1.ScheduleSpec {
	spec := &workflowv1.ScheduleSpec{
		Name: r.Name, WorkflowId: r.Workflow, Version: r.Version, InputsJson: string(r.Inputs), Cron: r.Cron, TimeZone: r.TimeZone,
		CatchUpWindow: durationpb.New(time.Duration(r.CatchUpWindow) * time.Second),
	}
	for _, overlap := range values[workflowv1.Overlap]([]string{r.Overlap}) {
		spec.Overlap = overlap
	}
	for _, catchUp := range values[workflowv1.CatchUp]([]string{r.CatchUp}) {
		spec.CatchUp = catchUp
	}
	return spec
}

// Tick is one due time, or one that somebody asked for.
type Tick struct {
	DueAt       *time.Time `json:"due_at"`
	Outcome     string     `json:"outcome" enum:"started,skipped,queued,missed,failed"`
	RunID       string     `json:"run_id,omitempty" doc:"Of the run that it started."`
	Reason      string     `json:"reason,omitempty" doc:"Why it did not start one."`
	TriggeredBy *Actor     `json:"triggered_by,omitempty" doc:"Who asked for it."`
	RecordedAt  *time.Time `json:"recorded_at"`
}

func tick(t *workflowv1.Tick) Tick {
	return Tick{
		DueAt: moment(t.GetDueTime()), Outcome: word(t.GetOutcome()), RunID: t.GetRunId(), Reason: t.GetReason(),
		TriggeredBy: actor(t.GetTriggered()), RecordedAt: moment(t.GetRecordTime()),
	}
}

// Schedule starts runs by the calendar.
type Schedule struct {
	ScheduleRequest
	ID        string       `json:"id" example:"sch_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Paused    bool         `json:"paused"`
	Revision  int64        `json:"revision" doc:"Also the ETag."`
	NextTimes []*time.Time `json:"next_times" nullable:"false" doc:"None while it is paused."`
	LastTicks []Tick       `json:"last_ticks" nullable:"false" doc:"The newest first."`
	CreatedAt *time.Time   `json:"created_at"`
	CreatedBy *Actor       `json:"created_by"`
	UpdatedAt *time.Time   `json:"updated_at"`
	UpdatedBy *Actor       `json:"updated_by"`
}

func schedule(s *workflowv1.Schedule) Schedule {
	spec := s.GetSpec()
	return Schedule{
		ID: s.GetId(), Paused: s.GetPaused(), Revision: s.GetRevision(), NextTimes: mapped(s.GetNextTimes(), moment), LastTicks: mapped(s.GetLastTicks(), tick),
		CreatedAt: moment(s.GetCreated().GetTime()), CreatedBy: actor(s.GetCreated()), UpdatedAt: moment(s.GetUpdated().GetTime()), UpdatedBy: actor(s.GetUpdated()),
		ScheduleRequest: ScheduleRequest{
			Name: spec.GetName(), Workflow: spec.GetWorkflowId(), Version: spec.GetVersion(), Inputs: raw(spec.GetInputsJson()), Cron: spec.GetCron(), TimeZone: spec.GetTimeZone(),
			Overlap: word(spec.GetOverlap()), CatchUp: word(spec.GetCatchUp()), CatchUpWindow: int64(spec.GetCatchUpWindow().AsDuration() / time.Second),
		},
	}
}

type scheduleOutput struct {
	ETag     string `header:"ETag" doc:"The revision, for If-Match."`
	Location string `header:"Location" doc:"Where the new schedule is."`
	Body     Schedule
}

func scheduleAnswer(s *workflowv1.Schedule) *scheduleOutput {
	return &scheduleOutput{ETag: etag(s.GetRevision()), Body: schedule(s)}
}

// SchedulePath names a schedule.
type SchedulePath struct {
	ID string `path:"id" maxLength:"64" example:"sch_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

func exampleSchedule() map[string]any {
	return map[string]any{
		"name": "Weekday mornings", "workflow": "wfl_01jcz3x8v9k2m4n6p8q0r2s4t6", "cron": "30 6 * * 1-5", "time_zone": "Europe/Berlin",
		"inputs": map[string]any{"day": "${{ local_time.substring(0, 10) }}"}, "overlap": "queue", "catch_up": "last",
	}
}

func (s *Server) schedules() {
	tag := "Schedules"
	register(s, operation{
		id: "create-schedule", method: http.MethodPost, path: "/v1/schedules", tag: tag, summary: "Start runs by the calendar",
		detail: "What could not start a run now is refused: 404 for the workflow, 422 for inputs that do not fit it.",
		access: may(identity.TriggersManage), status: http.StatusCreated, errors: []int{http.StatusNotFound}, example: exampleSchedule(),
	}, s.createSchedule)
	register(s, operation{
		id: "list-schedules", method: http.MethodGet, path: "/v1/schedules", tag: tag, summary: "List schedules, the newest first", access: may(identity.RunsRead),
	}, s.listSchedules)
	register(s, operation{
		id: "get-schedule", method: http.MethodGet, path: "/v1/schedules/{id}", tag: tag, summary: "Get a schedule with its next times and last ticks",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound},
	}, s.getSchedule)
	register(s, operation{
		id: "update-schedule", method: http.MethodPut, path: "/v1/schedules/{id}", tag: tag, summary: "Replace what a schedule is made of",
		detail: "A tick that is due stays due, unless cron or time_zone are others.", access: may(identity.TriggersManage), example: exampleSchedule(),
		errors: []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusUnprocessableEntity},
	}, s.updateSchedule)
	register(s, operation{
		id: "delete-schedule", method: http.MethodDelete, path: "/v1/schedules/{id}", tag: tag, summary: "Delete a schedule with its ticks",
		detail: "Its runs go on.", access: may(identity.TriggersManage), errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.deleteSchedule)
	s.scheduleControls(tag)
}

func (s *Server) createSchedule(ctx context.Context, in *struct{ Body ScheduleRequest }) (*scheduleOutput, error) {
	answer, err := s.engine.Schedules.CreateSchedule(ctx, &workflowv1.CreateScheduleRequest{Id: idempotency.NewID(ctx, id.Schedule), Spec: in.Body.proto()})
	if err != nil {
		return nil, err
	}
	out := scheduleAnswer(answer.GetSchedule())
	out.Location = "/v1/schedules/" + answer.GetSchedule().GetId()
	return out, nil
}

func (s *Server) listSchedules(ctx context.Context, in *struct {
	Paging
	WorkflowID string `query:"workflow_id" maxLength:"64"`
}) (*listOutput[Schedule], error) {
	answer, err := s.engine.Schedules.ListSchedules(ctx, &workflowv1.ListSchedulesRequest{Page: in.proto(), WorkflowId: in.WorkflowID})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetSchedules(), answer.GetNextToken(), schedule), nil
}

func (s *Server) getSchedule(ctx context.Context, in *SchedulePath) (*scheduleOutput, error) {
	answer, err := s.engine.Schedules.GetSchedule(ctx, &workflowv1.GetScheduleRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return scheduleAnswer(answer.GetSchedule()), nil
}

func (s *Server) updateSchedule(ctx context.Context, in *struct {
	SchedulePath
	Conditional
	Body ScheduleRequest
}) (*scheduleOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	answer, err := s.engine.Schedules.UpdateSchedule(ctx, &workflowv1.UpdateScheduleRequest{Id: in.ID, Spec: in.Body.proto(), Revision: revision})
	if err != nil {
		return nil, in.explain(err)
	}
	return scheduleAnswer(answer.GetSchedule()), nil
}

func (s *Server) deleteSchedule(ctx context.Context, in *struct {
	SchedulePath
	Conditional
}) (*struct{}, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	_, err = s.engine.Schedules.DeleteSchedule(ctx, &workflowv1.DeleteScheduleRequest{Id: in.ID, Revision: revision})
	return nil, in.explain(err)
}
