package httpapi

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Waiting is the argument of tools that may wait for a run. API Gateway gives up after 30 seconds.
type Waiting struct {
	Seconds int `json:"wait_seconds,omitempty" minimum:"0" maximum:"25" doc:"Wait up to so many seconds until the run has ended or waits for people; 0 answers at once. Call get_run to wait on."`
}

type startRunInput struct {
	Waiting
	Workflow string                     `json:"workflow" maxLength:"64" pattern:"^[a-z]+_[0-9a-z]+$" patternDescription:"an id of list_workflows" doc:"The workflow's id."`
	Version  int32                      `json:"version,omitempty" minimum:"1" doc:"The newest published version without it."`
	Inputs   map[string]json.RawMessage `json:"inputs,omitempty" doc:"What the inputs of get_workflow ask for."`
	Budget   *Budget                    `json:"budget,omitempty" doc:"The tighter of this and the document's budget holds, bound by bound."`
	Key      string                     `json:"idempotency_key,omitempty" maxLength:"255" pattern:"^[!-~]+$" patternDescription:"visible ASCII characters" doc:"Makes the call safe to repeat for 24 hours: the same key and arguments give the same run. Choose a new one for each run that you want."`
}

// RunChoice is the argument that names a run.
type RunChoice struct {
	Run string `json:"run" maxLength:"64" pattern:"^[a-z]+_[0-9a-z]+$" patternDescription:"an id of start_run or list_runs" doc:"The run's id."`
}

func (r RunChoice) path() string { return "/v1/runs/" + r.Run }

type getRunInput struct {
	RunChoice
	Waiting
}

type listRunsInput struct {
	ToolPaging
	Workflow string   `json:"workflow,omitempty" maxLength:"64" doc:"Only runs of the workflow of this id."`
	Status   []string `json:"status,omitempty" maxItems:"7" nullable:"false" enum:"queued,running,paused,completed,failed,canceled,budget_exhausted" doc:"Any of these."`
}

type cancelRunInput struct {
	RunChoice
	CancelRequest
}

type getRunEventsInput struct {
	RunChoice
	After int64 `json:"after,omitempty" minimum:"0" doc:"Only events with a greater seq: the next_after of the page before. 0 is the beginning."`
	Limit int   `json:"limit,omitempty" minimum:"1" maximum:"200" doc:"At most so many; 50 without it."`
}

func (s *Server) runTools(to *mcp.Server) {
	acts := mcp.ToolAnnotations{DestructiveHint: new(true), OpenWorldHint: new(true)} // a workflow may do anything, each time
	offer(s, to, tool{
		name: "start_run", title: "Start a run", hints: acts,
		detail: "Starts a run of a published workflow. From then on the run survives every crash, whether you wait for it or not. It may send, write and pay what " +
			"its workflow does: send an idempotency_key, so that a call whose answer was lost can be repeated.",
	}, startTool)
	offer(s, to, tool{
		name: "get_run", title: "Get a run", hints: reads(),
		detail: "Gives a run's status, outputs or failure, what it has consumed, and what people are asked. Only people decide that, in Agent Team: tell your user.",
	}, func(ctx context.Context, c *toolCall, in getRunInput) (RunState, error) {
		return c.awaited(ctx, in.RunChoice, in.Seconds)
	})
	offer(s, to, tool{
		name: "list_runs", title: "List runs", hints: reads(), detail: "Lists the workspace's runs, the newest first, without their inputs and outputs.",
	}, func(ctx context.Context, c *toolCall, in listRunsInput) (page list[Run], err error) {
		err = c.get(ctx, "/v1/runs", in.query(map[string]string{"workflow_id": in.Workflow, "status": strings.Join(in.Status, ",")}), &page)
		return page, err
	})
	offer(s, to, tool{
		name: "get_run_events", title: "Get a run's events", hints: reads(),
		detail: "Gives a page of a run's log, from the oldest event on: steps, messages of models, calls of tools, failures. For what went wrong, or how far it is.",
	}, eventsTool)
	ends := mcp.ToolAnnotations{DestructiveHint: new(true), IdempotentHint: true, OpenWorldHint: new(false)}
	offer(s, to, tool{
		name: "cancel_run", title: "Cancel a run", hints: ends,
		detail: "Ends a run with everything below it; calls in flight are cut. No effect on a run that has ended.",
	}, func(ctx context.Context, c *toolCall, in cancelRunInput) (canceled Run, err error) {
		err = c.post(ctx, in.path()+":cancel", "", in.CancelRequest, &canceled)
		return canceled, err
	})
}

// startTool gives the run even if its state cannot be asked any more: who does not get its id starts another one.
func startTool(ctx context.Context, c *toolCall, in startRunInput) (RunState, error) {
	request := RunRequest{Workflow: in.Workflow, Version: in.Version, Budget: in.Budget}
	if in.Inputs != nil {
		inputs, err := written(in.Inputs)
		if err != nil {
			return RunState{}, err
		}
		request.Inputs = inputs
	}
	var started Run
	if err := c.post(ctx, "/v1/runs", in.Key, request, &started); err != nil {
		return RunState{}, err
	}
	if in.Seconds > 0 {
		if state, err := c.awaited(ctx, RunChoice{started.ID}, in.Seconds); err == nil {
			return state, nil
		}
	}
	return RunState{Run: started}, nil
}

func eventsTool(ctx context.Context, c *toolCall, in getRunEventsInput) (page EventPage, err error) {
	limit := 50
	if in.Limit > 0 {
		limit = in.Limit
	}
	query := url.Values{"after": {strconv.FormatInt(in.After, 10)}, "limit": {strconv.Itoa(limit)}}
	err = c.get(ctx, in.path()+"/events", query, &page)
	return page, err
}
