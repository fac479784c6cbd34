package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/agentteam/agentteam/internal/devstack"
)

const waitingRuns = 1000

// benchMemory measures resident memory of the engine before it has done anything, and with runs that wait.
func benchMemory(ctx context.Context, w *world, o options) error {
	idle, err := w.resident(devstack.Engine)
	if err != nil {
		return err
	}
	gateway, err := w.resident(devstack.Gateway)
	if err != nil {
		return err
	}
	workflow, err := w.engine.publish(ctx, chain("an hour", 1, "wait", map[string]any{"duration": "1h"}))
	if err != nil {
		return err
	}
	if err := parallel(ctx, waitingRuns, o.concurrency, func(ctx context.Context, _ int) error {
		_, err := w.engine.start(ctx, workflow, "{}")
		return err
	}); err != nil {
		return err
	}
	waiting, err := w.resident(devstack.Engine)
	if err != nil {
		return err
	}
	t := newTable("resident memory")
	t.value("gateway, just started", "MiB", gateway, "")
	t.value("engine, just started", "MiB", idle, "≤ 80")
	t.value(fmt.Sprintf("engine, %d waiting runs", waitingRuns), "MiB", waiting, "≤ 200")
	return t.print()
}

// resident is a service's resident set in MiB.
func (w *world) resident(service string) (float64, error) {
	pid, err := w.stack.PID(service)
	if err != nil {
		return 0, err
	}
	p, err := process.NewProcess(int32(pid)) //nolint:gosec // process ids fit
	if err != nil {
		return 0, err
	}
	memory, err := p.MemoryInfo()
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	return float64(memory.RSS) / (1 << 20), nil
}

// missing explains which program a comparison needs.
func missing(program, debian string) error {
	return fmt.Errorf("%s is not on the PATH; on Debian: apt-get install --no-install-recommends %s", program, strings.TrimSpace(debian))
}
