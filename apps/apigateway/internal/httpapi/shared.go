package httpapi

import (
	"encoding/json"
	"math"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Actor is who did something.
type Actor struct {
	Subject string `json:"subject" example:"8b5e2d9c-3f0a-4b77-9d1e-2a6c5f0e1b34" doc:"The user's id in Supabase, or the id of the API key, the schedule or the webhook."`
	Kind    string `json:"kind" enum:"user,api_key,schedule,webhook" doc:"A schedule or a webhook is who its runs were created by."`
}

func actor(a *workflowv1.Actor) *Actor {
	if a == nil {
		return nil
	}
	return &Actor{Subject: a.GetSubject(), Kind: a.GetKind()}
}

// Fault is one fault of a document.
type Fault struct {
	Pointer string `json:"pointer" example:"/nodes/0/config/model" doc:"JSON pointer (RFC 6901) into the document."`
	Code    string `json:"code" example:"missing_field"`
	Message string `json:"message" doc:"What is wrong, with the value, the bound and the remedy."`
}

func fault(p *workflowv1.Problem) Fault {
	return Fault{Pointer: p.GetPointer(), Code: p.GetCode(), Message: p.GetMessage()}
}

// Failure says why a step or a run failed.
type Failure struct {
	Code    string `json:"code" example:"http_status"`
	Message string `json:"message"`
	Step    string `json:"step,omitempty" example:"report/search" doc:"Path of the step that failed first."`
}

func failure(f *workflowv1.Failure) *Failure {
	if f == nil {
		return nil
	}
	return &Failure{Code: f.GetCode(), Message: f.GetMessage(), Step: f.GetStep()}
}

// Usage is what model and tool calls consumed.
type Usage struct {
	InputTokens  int64   `json:"input_tokens"`
	OutputTokens int64   `json:"output_tokens"`
	ModelCalls   int64   `json:"model_calls"`
	ToolCalls    int64   `json:"tool_calls"`
	Steps        int64   `json:"steps"`
	CostUSD      float64 `json:"cost_usd" example:"0.001234" doc:"Price of the model calls, by the price table of the engine's build."`
}

func usage(u *workflowv1.Usage) Usage {
	return Usage{
		InputTokens: u.GetInputTokens(), OutputTokens: u.GetOutputTokens(), ModelCalls: u.GetModelCalls(),
		ToolCalls: u.GetToolCalls(), Steps: u.GetSteps(), CostUSD: dollars(u.GetCostMicroUsd()),
	}
}

// Budget bounds the usage of a run. What is left out is without a bound.
type Budget struct {
	USD       float64 `json:"usd,omitempty" minimum:"0" maximum:"1000000" example:"1.5"`
	Tokens    int64   `json:"tokens,omitempty" minimum:"0" doc:"Input and output tokens together."`
	Steps     int64   `json:"steps,omitempty" minimum:"0"`
	ToolCalls int64   `json:"tool_calls,omitempty" minimum:"0"`
}

func budget(b *workflowv1.Budget) *Budget {
	if b.GetCostMicroUsd() == 0 && b.GetTokens() == 0 && b.GetSteps() == 0 && b.GetToolCalls() == 0 {
		return nil
	}
	return &Budget{USD: dollars(b.GetCostMicroUsd()), Tokens: b.GetTokens(), Steps: b.GetSteps(), ToolCalls: b.GetToolCalls()}
}

func (b *Budget) proto() *workflowv1.Budget {
	if b == nil {
		return nil
	}
	cost := int64(math.Round(b.USD * 1e6))
	if cost == 0 && b.USD > 0 {
		cost = 1 // not 0, which stands for no bound
	}
	return &workflowv1.Budget{CostMicroUsd: cost, Tokens: b.Tokens, Steps: b.Steps, ToolCalls: b.ToolCalls}
}

func dollars(micro int64) float64 { return float64(micro) / 1e6 }

// raw is JSON as the engine keeps it, nil for none.
func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}
