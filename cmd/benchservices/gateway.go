package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/process"
)

const peerAddress = "127.0.0.1:18080"

// benchGateway compares requests a second with FastAPI serving the same two routes.
func benchGateway(ctx context.Context, w *world, o options) error {
	stop, err := startFastAPI(ctx, w.key)
	if err != nil {
		return err
	}
	defer stop()
	t := newTable("requests a second by wrk with 32 connections for %d s each, one process each; medians of %d rounds", o.seconds, o.rounds)
	slow := map[string][]time.Duration{}
	add := func(name, url string) *benchCase {
		return t.add(name, "requests/s", func() (float64, error) {
			result, err := press(ctx, url, w.key, o.seconds)
			slow[name] = append(slow[name], result.p99)
			return result.rate, err
		})
	}
	add("FastAPI /health", "http://"+peerAddress+"/health")
	add("gateway /health", w.stack.Gateway+"/health").over("FastAPI /health", "≥ 8")
	add("FastAPI /v1/me", "http://"+peerAddress+"/v1/me")
	add("gateway /v1/me", w.stack.Gateway+"/v1/me").over("FastAPI /v1/me", "≥ 8")
	if err := t.measure(o.rounds); err != nil {
		return err
	}
	latencies := newTable("99th percentile of the latency in those loads")
	for _, c := range t.cases {
		latencies.value(c.name, "ms", milliseconds(median(slow[c.name])), "")
	}
	return latencies.print()
}

// startFastAPI runs Debian's FastAPI under uvicorn, one process, without its access log.
func startFastAPI(ctx context.Context, key string) (stop func(), err error) {
	const python = "/usr/bin/python3"
	if err := exec.CommandContext(ctx, python, "-c", "import fastapi, uvicorn").Run(); err != nil {
		return nil, missing("FastAPI for "+python, "python3-fastapi uvicorn")
	}
	cmd := process.Command(ctx, python, "-m", "uvicorn", "--app-dir", "cmd/benchservices/fastapi", "--host", "127.0.0.1",
		"--port", "18080", "--no-access-log", "--log-level", "warning", "app:app")
	cmd.Env, cmd.Stderr = append(os.Environ(), "KEY="+key), os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = process.Stop(cmd.Process.Pid, time.Second) // it holds nothing
		_ = cmd.Wait()
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if health.HTTP(ctx, peerAddress, "/health") == nil {
			return stop, nil
		}
	}
	stop()
	return nil, fmt.Errorf("FastAPI does not answer on %s", peerAddress)
}
