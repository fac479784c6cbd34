package telemetry

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Call is a call to a model or a tool that has ended, as metrics see it.
type Call struct {
	Kind   string // model or tool
	Name   string // provider/model, or the tool's
	Status string // succeeded, failed, unknown
	Error  string // the failure's code
	Took   time.Duration

	InputTokens, OutputTokens int64
	CostMicroUSD              int64
}

// CallEnded counts a call, its time, its tokens and its price, by the semantic conventions for generative AI where they
// have a word for it.
func (e *Engine) CallEnded(ctx context.Context, c Call) {
	if e == nil {
		return
	}
	whom := e.whom(c)
	status := append(whom, attribute.String("status", c.Status)) //nolint:gocritic // whom has no room to spare
	e.calls.Add(ctx, 1, metric.WithAttributes(status...))
	if c.Error != "" {
		e.callTime.Record(ctx, c.Took.Seconds(), metric.WithAttributes(append(whom, attribute.String("error.type", c.Error))...))
	} else {
		e.callTime.Record(ctx, c.Took.Seconds(), metric.WithAttributes(whom...))
	}
	if c.Kind != "model" {
		return
	}
	e.tokens.Record(ctx, c.InputTokens, metric.WithAttributes(append(whom, attribute.String("gen_ai.token.type", "input"))...))
	e.tokens.Record(ctx, c.OutputTokens, metric.WithAttributes(append(whom, attribute.String("gen_ai.token.type", "output"))...))
	e.cost.Add(ctx, float64(c.CostMicroUSD)/1e6, metric.WithAttributes(whom...))
	e.modelCalls.Add(1)
	e.modelCost.Add(c.CostMicroUSD)
}

// whom bounds the names, which documents choose.
func (e *Engine) whom(c Call) []attribute.KeyValue {
	if c.Kind != "model" {
		return fixed(attribute.String("gen_ai.operation.name", "execute_tool"), attribute.String("gen_ai.tool.name", e.toolNames.admit(c.Name)))
	}
	provider, model, _ := strings.Cut(c.Name, "/")
	return fixed(attribute.String("gen_ai.operation.name", "chat"), attribute.String("gen_ai.provider.name", provider),
		attribute.String("gen_ai.request.model", e.modelNames.admit(model)))
}

// fixed has no capacity beyond its length, so that appending to it copies.
func fixed(attributes ...attribute.KeyValue) []attribute.KeyValue {
	return slices.Clip(attributes)
}
