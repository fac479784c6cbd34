package telemetry

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Engine are the workflow engine's instruments and spans. A nil Engine measures and traces nothing, so that tests need none.
type Engine struct {
	tracer     trace.Tracer
	steps      metric.Int64Counter
	stepTime   metric.Float64Histogram
	calls      metric.Int64Counter
	callTime   metric.Float64Histogram
	tokens     metric.Int64Histogram
	cost       metric.Float64Counter
	runs       metric.Int64Counter
	runTime    metric.Float64Histogram
	tasks      metric.Int64UpDownCounter
	queueWait  metric.Float64Histogram
	eventLag   metric.Float64Histogram
	toolNames  *names
	modelNames *names
	modelCalls atomic.Int64 // since the last TakeSpend
	modelCost  atomic.Int64 // of these, in millionths of a US dollar
}

// Engine makes the instruments.
func (t *Telemetry) Engine() (*Engine, error) {
	m := maker{meter: t.meters.Meter(scope)}
	e := &Engine{
		tracer:     t.tracer,
		steps:      m.counter("workflow.steps", "{step}", "Steps that ended."),
		stepTime:   m.seconds("workflow.step.duration", "From a step's start to its end.", calls()),
		calls:      m.counter("workflow.calls", "{call}", "Calls to models and tools that ended."),
		callTime:   m.seconds("gen_ai.client.operation.duration", "Time of a call to a model or a tool.", calls()),
		tokens:     m.tokens("gen_ai.client.token.usage", "Tokens of a call to a model."),
		cost:       m.money("workflow.cost", "Price of the calls to models."),
		runs:       m.counter("workflow.runs", "{run}", "Runs that ended."),
		runTime:    m.seconds("workflow.run.duration", "From a run's start to its end.", runs()),
		tasks:      m.gauge("workflow.tasks.active", "{task}", "Tasks that this process carries out now."),
		queueWait:  m.seconds("workflow.task.queue.duration", "From a task's time to its begin.", waits()),
		eventLag:   m.seconds("workflow.event.lag", "From an event's commit to its delivery to a reader.", waits()),
		toolNames:  newNames(mostNames),
		modelNames: newNames(mostNames),
	}
	return e, errors.Join(m.problems...)
}

// StepEnded counts a step: its node type, how it ended, and how long it took, waits included.
func (e *Engine) StepEnded(ctx context.Context, nodeType, status string, took time.Duration) {
	if e == nil {
		return
	}
	labels := metric.WithAttributeSet(attribute.NewSet(attribute.String("workflow.node.type", nodeType), attribute.String("status", status)))
	e.steps.Add(ctx, 1, labels)
	e.stepTime.Record(ctx, took.Seconds(), labels)
}

// RunEnded counts a run by its end.
func (e *Engine) RunEnded(ctx context.Context, status string, took time.Duration) {
	if e == nil {
		return
	}
	labels := metric.WithAttributeSet(attribute.NewSet(attribute.String("status", status)))
	e.runs.Add(ctx, 1, labels)
	e.runTime.Record(ctx, took.Seconds(), labels)
}

// TaskBegun counts a task as in flight until end is called. Waited is the time since it could have begun.
func (e *Engine) TaskBegun(ctx context.Context, waited time.Duration) (end func()) {
	if e == nil {
		return func() {}
	}
	e.tasks.Add(ctx, 1)
	e.queueWait.Record(ctx, max(0, waited).Seconds())
	return func() { e.tasks.Add(ctx, -1) }
}

// EventDelivered records how long an event was on its way to a reader that kept up.
func (e *Engine) EventDelivered(ctx context.Context, lag time.Duration) {
	if e == nil {
		return
	}
	e.eventLag.Record(ctx, max(0, lag).Seconds())
}
