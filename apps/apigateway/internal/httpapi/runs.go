package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/agentteam/agentteam/apps/apigateway/internal/idempotency"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Run is one execution of one version.
type Run struct {
	ID         string          `json:"id" example:"run_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	WorkflowID string          `json:"workflow_id,omitempty" doc:"Of a workflow's run."`
	AgentID    string          `json:"agent_id,omitempty" doc:"Of an agent's run."`
	Version    int32           `json:"version" example:"3"`
	Status     string          `json:"status" enum:"queued,running,paused,completed,failed,canceled,budget_exhausted" doc:"paused: everything left waits for people."`
	Inputs     json.RawMessage `json:"inputs,omitempty" doc:"Left out of lists."`
	Outputs    json.RawMessage `json:"outputs,omitempty" doc:"The document's outputs, once completed. Left out of lists."`
	Failure    *Failure        `json:"failure,omitempty"`
	Budget     *Budget         `json:"budget,omitempty"`
	Usage      Usage           `json:"usage"`
	CreatedAt  *time.Time      `json:"created_at"`
	CreatedBy  *Actor          `json:"created_by"`
	StartedAt  *time.Time      `json:"started_at,omitempty"`
	EndedAt    *time.Time      `json:"ended_at,omitempty"`
	LastSeq    int64           `json:"last_seq" doc:"Number of the newest event."`
	ForkedFrom string          `json:"forked_from,omitempty" doc:"The run that this one was forked from."`
	Thread     string          `json:"thread,omitempty" doc:"The thread that it is of."`
	ReplayOf   string          `json:"replay_of,omitempty" doc:"The run that this one replays."`
}

func run(r *workflowv1.Run) Run {
	workflow, agent := r.GetWorkflowId(), ""
	if id.Valid(id.Agent, workflow) {
		workflow, agent = "", workflow
	}
	return Run{
		ID: r.GetId(), WorkflowID: workflow, AgentID: agent, Version: r.GetVersion(), Status: word(r.GetStatus()),
		Inputs: raw(r.GetInputsJson()), Outputs: raw(r.GetOutputsJson()), Failure: failure(r.GetFailure()),
		Budget: budget(r.GetBudget()), Usage: usage(r.GetUsage()),
		CreatedAt: moment(r.GetCreated().GetTime()), CreatedBy: actor(r.GetCreated()),
		StartedAt: moment(r.GetStartTime()), EndedAt: moment(r.GetEndTime()), LastSeq: r.GetLastSeq(), ForkedFrom: r.GetForkedFrom(),
		Thread: r.GetThreadId(), ReplayOf: r.GetReplayOf(),
	}
}

// RunRequest asks for a run.
type RunRequest struct {
	Workflow string          `json:"workflow,omitempty" maxLength:"64" doc:"The workflow's id. Either this or agent."`
	Agent    string          `json:"agent,omitempty" maxLength:"64" doc:"The agent's id. Its inputs are a prompt; its outputs are text, data and turns."`
	Version  int32           `json:"version,omitempty" minimum:"1" doc:"The newest published version without it."`
	Inputs   json.RawMessage `json:"inputs,omitempty" doc:"What the document's inputs ask for; an agent's is {\"prompt\": …}."`
	Budget   *Budget         `json:"budget,omitempty" doc:"The tighter of this and the document's budget holds, bound by bound."`
	Thread   string          `json:"thread,omitempty" maxLength:"64" doc:"The id of a thread that the run is of: agents with memory go on with its conversation."`
	Policy   string          `json:"thread_policy,omitempty" enum:"reject,enqueue,interrupt" doc:"While another run of the thread has not ended: answer 409 (the default), wait, or cancel it."`
}

type runOutput struct {
	Location string `header:"Location" doc:"Where the run is."`
	Body     Run
}

// RunPath names a run.
type RunPath struct {
	ID string `path:"id" maxLength:"64" example:"run_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

// runFilter are the query parameters of the list of runs.
type runFilter struct {
	Paging
	WorkflowID    string    `query:"workflow_id" maxLength:"64" doc:"Only runs of this workflow, or of the agent of this id."`
	Status        []string  `query:"status" maxItems:"7" enum:"queued,running,paused,completed,failed,canceled,budget_exhausted" doc:"Any of these, with commas between them."`
	CreatedAfter  time.Time `query:"created_after" doc:"RFC 3339."`
	CreatedBefore time.Time `query:"created_before" doc:"RFC 3339."`
}

func (s *Server) runs() {
	tag := "Runs"
	register(s, operation{
		id: "start-run", method: http.MethodPost, path: "/v1/runs", tag: tag, summary: "Start a run",
		detail: "Answers after the run is committed: from then on it survives the death of every process. Inputs that do not fit are refused with 422.",
		access: may(identity.RunsStart), status: http.StatusAccepted, errors: []int{http.StatusNotFound},
		example: map[string]any{"workflow": "wfl_01jcz3x8v9k2m4n6p8q0r2s4t6", "inputs": map[string]any{"name": "Ada"}, "budget": map[string]any{"usd": 0.5}},
	}, s.startRun)
	register(s, operation{
		id: "list-runs", method: http.MethodGet, path: "/v1/runs", tag: tag, summary: "List runs, the newest first", access: may(identity.RunsRead),
	}, s.listRuns)
	register(s, operation{
		id: "get-run", method: http.MethodGet, path: "/v1/runs/{id}", tag: tag, summary: "Get a run",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound},
	}, s.getRun)
	s.runControls(tag)
	s.reruns(tag)
}

// startRun chooses the run's id, so that a repeated call to the engine, or a repeated request with the same
// Idempotency-Key, gives the same run.
func (s *Server) startRun(ctx context.Context, in *struct{ Body RunRequest }) (*runOutput, error) {
	target, err := in.Body.target()
	if err != nil {
		return nil, err
	}
	answer, err := s.engine.Runs.StartRun(ctx, &workflowv1.StartRunRequest{
		Id: idempotency.NewID(ctx, id.Run), WorkflowId: target, Version: in.Body.Version,
		InputsJson: string(in.Body.Inputs), Budget: in.Body.Budget.proto(),
		ThreadId: in.Body.Thread, ThreadPolicy: valueOf[workflowv1.ThreadPolicy](in.Body.Policy),
	})
	if err != nil {
		return nil, err
	}
	return located(answer.GetRun()), nil
}

// target is the id of what is to be run.
func (r RunRequest) target() (string, error) {
	if (r.Workflow == "") == (r.Agent == "") {
		p := newProblem(http.StatusUnprocessableEntity, codeInvalid, "name either a workflow or an agent")
		p.Errors = []ProblemItem{{Pointer: "/workflow", Code: "missing_field", Message: "workflow or agent must name what to run, and not both"}}
		return "", p
	}
	for kind, name := range map[string]string{"agent": r.Agent, "workflow": r.Workflow} {
		if name != "" && id.Valid(id.Agent, name) != (kind == "agent") {
			return "", newProblem(http.StatusNotFound, codeNotFound, kind+" "+quoted(name)+" not found")
		}
	}
	return r.Workflow + r.Agent, nil
}

func located(r *workflowv1.Run) *runOutput {
	return &runOutput{Location: "/v1/runs/" + r.GetId(), Body: run(r)}
}

func (s *Server) listRuns(ctx context.Context, in *runFilter) (*listOutput[Run], error) {
	request := &workflowv1.ListRunsRequest{
		Page: in.proto(), WorkflowId: in.WorkflowID,
		Statuses:     values[workflowv1.RunStatus](in.Status),
		CreatedAfter: timestamp(in.CreatedAfter), CreatedBefore: timestamp(in.CreatedBefore),
	}
	answer, err := s.engine.Runs.ListRuns(ctx, request)
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetRuns(), answer.GetNextToken(), run), nil
}

func (s *Server) getRun(ctx context.Context, in *RunPath) (*struct{ Body Run }, error) {
	answer, err := s.engine.Runs.GetRun(ctx, &workflowv1.GetRunRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return &struct{ Body Run }{run(answer.GetRun())}, nil
}

func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
