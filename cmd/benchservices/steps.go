package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// benchSteps compares durable steps a second: the floor, plain DBOS, and the engine with its event log, for steps
// that do nothing, and for steps that ask a server on this machine.
func benchSteps(ctx context.Context, w *world, o options) error {
	idle, err := w.engine.publish(ctx, chain("five steps", stepsPerWorkflow, "transform", compute()))
	if err != nil {
		return err
	}
	calling, err := w.engine.publish(ctx, chain("five calls", stepsPerWorkflow, "http", httpGet(w.target)))
	if err != nil {
		return err
	}
	peer, err := newPlainDBOS(ctx, w.pool)
	if err != nil {
		return err
	}
	defer peer.close()
	t := newTable("durable steps, %d workflows of %d steps, %d in flight; medians of %d rounds\n\n%s", o.workflows, stepsPerWorkflow, o.concurrency, o.rounds,
		fmt.Sprintf("Each is one process on the same PostgreSQL. The engine has two pools of %d connections, the others one of %d.", connections, 2*connections))
	t.add("a loop that commits a row per step", "steps/s", func() (float64, error) { return floorSteps(ctx, w.pool, o) })
	t.add("plain DBOS, steps that do nothing", "steps/s", func() (float64, error) { return peer.steps(ctx, o, "") })
	t.add("engine, transform nodes", "steps/s", func() (float64, error) { return engineSteps(ctx, w, o, idle) }).over("plain DBOS, steps that do nothing", "≥ 0.5")
	t.add("plain DBOS, steps that make a call", "steps/s", func() (float64, error) { return peer.steps(ctx, o, w.target) })
	t.add("engine, http nodes", "steps/s", func() (float64, error) { return engineSteps(ctx, w, o, calling) }).over("plain DBOS, steps that make a call", "≥ 0.5")
	return t.measure(o.rounds)
}

// engineSteps keeps as many runs in flight as the peer has workflows.
func engineSteps(ctx context.Context, w *world, o options, workflow string) (perSecond float64, err error) {
	began := time.Now()
	err = w.inFlight(ctx, o, workflow)
	return float64(o.workflows*stepsPerWorkflow) / time.Since(began).Seconds(), err
}

// benchLatency measures a run of one step from the request to its last event, one after the other.
func benchLatency(ctx context.Context, w *world, _ options) error {
	one, err := w.engine.publish(ctx, chain("one step", 1, "transform", compute()))
	if err != nil {
		return err
	}
	call, err := w.engine.publish(ctx, chain("one call", 1, "http", httpGet(w.target)))
	if err != nil {
		return err
	}
	const runs = 100
	t := newTable("start to last event, %d runs one after the other", runs)
	for _, c := range []struct{ name, workflow string }{{"one transform node", one}, {"one http node", call}} {
		var took []time.Duration
		for range runs {
			began := time.Now()
			run, err := w.engine.start(ctx, c.workflow, "{}")
			if err != nil {
				return err
			}
			if err := w.engine.await(ctx, run); err != nil {
				return err
			}
			took = append(took, time.Since(began))
		}
		t.value(c.name+", p50", "ms", milliseconds(median(took)), "≤ 25")
		t.value(c.name+", p99", "ms", milliseconds(quantile(took, 0.99)), "")
	}
	return t.print()
}

// benchFanOut measures one run that makes 200 calls.
func benchFanOut(ctx context.Context, w *world, o options) error {
	workflow, err := w.engine.publish(ctx, fanOut(w.target))
	if err != nil {
		return err
	}
	const items = 200
	inputs := fmt.Sprintf(`{"items": [0%s]}`, strings.Repeat(", 0", items-1))
	t := newTable("one run with a loop over %d items, a call each, 100 at once; medians of %d rounds", items, o.rounds)
	t.add("start to last event", "ms", func() (float64, error) {
		began := time.Now()
		run, err := w.engine.start(ctx, workflow, inputs)
		if err != nil {
			return 0, err
		}
		err = w.engine.await(ctx, run)
		return milliseconds(time.Since(began)), err
	})
	return t.measure(o.rounds)
}
