package api

import (
	"context"
	"encoding/json"
)

// Failure says why a run or a step failed.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Step    string `json:"step"`
}

// Run is one execution of a version.
type Run struct {
	ID       string          `json:"id"`
	Workflow string          `json:"workflow_id"`
	Status   string          `json:"status"`
	Outputs  json.RawMessage `json:"outputs"`
	Failure  *Failure        `json:"failure"`
	Usage    struct {
		InputTokens  int64   `json:"input_tokens"`
		OutputTokens int64   `json:"output_tokens"`
		ModelCalls   int64   `json:"model_calls"`
		ToolCalls    int64   `json:"tool_calls"`
		Steps        int64   `json:"steps"`
		CostUSD      float64 `json:"cost_usd"`
	} `json:"usage"`
}

// Step is one execution of a node.
type Step struct {
	Path           string          `json:"path"`
	Status         string          `json:"status"`
	Attempt        int             `json:"attempt"`
	Output         json.RawMessage `json:"output"`
	OutputArtifact string          `json:"output_artifact"`
	Failure        *Failure        `json:"failure"`
}

// Approval is a question to a person.
type Approval struct {
	ID      string          `json:"id"`
	Status  string          `json:"status"`
	Title   string          `json:"title"`
	Digest  string          `json:"digest"`
	Details json.RawMessage `json:"details"`
}

// Start starts the newest version of a workflow.
func (c *Client) Start(ctx context.Context, workflow string, inputs json.RawMessage) (run Run, err error) {
	err = c.Post(ctx, "/v1/runs", map[string]any{"workflow": workflow, "inputs": inputs}, &run)
	return run, err
}

// Run reads a run.
func (c *Client) Run(ctx context.Context, id string) (run Run, err error) {
	err = c.Get(ctx, "/v1/runs/"+id, &run)
	return run, err
}

// Steps lists a run's first 200 steps.
func (c *Client) Steps(ctx context.Context, run string) ([]Step, error) {
	var list struct {
		Items []Step `json:"items"`
	}
	err := c.Get(ctx, "/v1/runs/"+run+"/steps?page_size=200", &list)
	return list.Items, err
}

// Approval reads an approval.
func (c *Client) Approval(ctx context.Context, id string) (approval Approval, err error) {
	err = c.Get(ctx, "/v1/approvals/"+id, &approval)
	return approval, err
}

// Decide approves what has this digest, or rejects it.
func (c *Client) Decide(ctx context.Context, id, digest string, approve bool) error {
	verb := ":reject"
	if approve {
		verb = ":approve"
	}
	return c.Post(ctx, "/v1/approvals/"+id+verb, map[string]string{"digest": digest}, nil)
}
