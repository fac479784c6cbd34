package httpapi

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// ToolPaging are the arguments of every tool that lists.
type ToolPaging struct {
	PageSize  int32  `json:"page_size,omitempty" minimum:"1" maximum:"200" doc:"At most so many items; 50 without it."`
	PageToken string `json:"page_token,omitempty" maxLength:"1024" doc:"The next_page_token of the page before."`
}

// query leaves out what is empty, which then has the operation's default.
func (p ToolPaging) query(more map[string]string) url.Values {
	q := url.Values{}
	if p.PageSize > 0 {
		q.Set("page_size", strconv.Itoa(int(p.PageSize)))
	}
	more["page_token"] = p.PageToken
	for name, value := range more {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

type listWorkflowsInput struct {
	ToolPaging
	Name string `json:"name,omitempty" maxLength:"100" doc:"Only names that contain this, in any case."`
}

type getWorkflowInput struct {
	Workflow string `json:"workflow" maxLength:"64" pattern:"^[a-z]+_[0-9a-z]+$" patternDescription:"an id of list_workflows" doc:"The workflow's id."`
	Version  int32  `json:"version,omitempty" minimum:"1" doc:"The newest published version without it."`
}

// Callable is a workflow as who starts it sees it.
type Callable struct {
	Promise
	ID      string `json:"id" example:"wfl_01jcz3x8v9k2m4n6p8q0r2s4t6"`
	Version int32  `json:"version" doc:"The published version that is described. 0: none is published, so it cannot be started yet."`
}

// Promise is what a document says of itself to who starts it.
type Promise struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Inputs      json.RawMessage `json:"inputs,omitempty" doc:"JSON Schema of start_run's inputs."`
	Outputs     json.RawMessage `json:"outputs,omitempty" doc:"What a completed run gives, by name; the values are expressions."`
}

func (s *Server) workflowTools(to *mcp.Server) {
	offer(s, to, tool{
		name: "list_workflows", title: "List workflows", hints: reads(),
		detail: "Lists the workspace's workflows, the newest first. One whose published_version is 0 cannot be started yet.",
	}, func(ctx context.Context, c *toolCall, in listWorkflowsInput) (page list[Workflow], err error) {
		err = c.get(ctx, "/v1/workflows", in.query(map[string]string{"name": in.Name}), &page)
		return page, err
	})
	offer(s, to, tool{
		name: "get_workflow", title: "Get a workflow", hints: reads(),
		detail: "Describes one published version of a workflow: what it does, the JSON Schema of the inputs that start_run needs, and its outputs.",
	}, describeTool)
}

func describeTool(ctx context.Context, c *toolCall, in getWorkflowInput) (Callable, error) {
	var found Workflow
	path := "/v1/workflows/" + in.Workflow
	if err := c.get(ctx, path, nil, &found); err != nil {
		return Callable{}, err
	}
	described := Callable{ID: found.ID, Version: found.PublishedVersion, Promise: Promise{Name: found.Name, Description: found.Description}}
	if in.Version > 0 {
		described.Version = in.Version
	}
	if described.Version == 0 {
		return described, nil
	}
	var published Version
	if err := c.get(ctx, path+"/versions/"+strconv.Itoa(int(described.Version)), nil, &published); err != nil {
		return Callable{}, err
	}
	err := json.Unmarshal(published.Document, &described.Promise)
	return described, err
}
