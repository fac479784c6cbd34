package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/process"
)

// The peer as uvicorn starts it by itself, one worker, and with a worker for each of two cores under gunicorn, as uvicorn's manual has it:
// by itself uvicorn gives its workers a socket that waits 40 ms for the client before each answer. Both with what uvicorn[standard]
// adds, which is faster: the event loop uvloop and the parser httptools.
const (
	peerAddress = "127.0.0.1:18080"
	pairAddress = "127.0.0.1:18081"
	peerFolder  = "cmd/benchservices/fastapi"
)

const duties = `
Both answer GET /v1/me with an API key that a cache of a minute knows, a rate limit, a request id and a line in a log. FastAPI has its "database" and
its limit in its memory, where workers do not share them. The gateway asks PostgreSQL and leases requests from Redis, and
also traces, measures and sets the headers that protect browsers. /health does nothing but answer, on both, and so does net/http alone,
which shows what the load generator and net/http can do at most. FastAPI runs under uvicorn with uvloop and httptools.
`

// benchGateway compares requests a second with FastAPI serving the same two routes.
func benchGateway(ctx context.Context, w *world, o options) error {
	stop, err := startPeers(ctx, w)
	if err != nil {
		return err
	}
	defer stop()
	t := newTable("requests a second by wrk with 32 connections for %d s each; medians of %d rounds\n%s", o.seconds, o.rounds, duties)
	slow := map[string][]time.Duration{}
	add := func(name, url string) *benchCase {
		return t.add(name, "requests/s", func() (float64, error) {
			result, err := press(ctx, url, w.key, o.seconds)
			slow[name] = append(slow[name], result.p99)
			return result.rate, err
		})
	}
	add("bare net/http, in this process", w.target).over("FastAPI /health", "")
	add("FastAPI /health", "http://"+peerAddress+"/health")
	add("FastAPI /health, 2 workers", "http://"+pairAddress+"/health").over("FastAPI /health", "")
	add("gateway /health", w.stack.Gateway+"/health").over("FastAPI /health", "≥ 8")
	add("FastAPI /v1/me", "http://"+peerAddress+"/v1/me")
	add("FastAPI /v1/me, 2 workers", "http://"+pairAddress+"/v1/me").over("FastAPI /v1/me", "")
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

// startPeers runs Debian's FastAPI, the way uvicorn does by itself and with two workers.
func startPeers(ctx context.Context, w *world) (stop func(), err error) {
	const python = "/usr/bin/python3"
	if err := exec.CommandContext(ctx, python, "-c", "import fastapi, uvicorn, gunicorn, uvloop, httptools").Run(); err != nil {
		return nil, missing("FastAPI for "+python, "python3-fastapi uvicorn gunicorn python3-uvloop python3-httptools")
	}
	host, port, _ := strings.Cut(peerAddress, ":")
	one, err := startFastAPI(ctx, w, peerAddress, process.Command(ctx, python, "-m", "uvicorn", "--app-dir", peerFolder,
		"--host", host, "--port", port, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning", "app:app"))
	if err != nil {
		return nil, err
	}
	pair, err := startFastAPI(ctx, w, pairAddress, process.Command(ctx, python, "-m", "gunicorn", "--chdir", peerFolder,
		"--bind", pairAddress, "--worker-class", "uvicorn.workers.UvicornWorker", "--workers", "2", "--log-level", "warning", "app:app"))
	if err != nil {
		one()
		return nil, err
	}
	return func() { pair(); one() }, nil
}

// startFastAPI runs Debian's FastAPI without an access log: the application writes its own, for /v1/me alone.
func startFastAPI(ctx context.Context, w *world, address string, cmd *exec.Cmd) (stop func(), err error) {
	cmd.Env, cmd.Stderr = append(os.Environ(), "KEY="+w.key, "LOG="+filepath.Join(w.folder, "fastapi.log")), os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = process.Stop(cmd.Process.Pid, time.Second) // it holds nothing
		_ = cmd.Wait()
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if health.HTTP(ctx, address, "/health") == nil {
			return stop, nil
		}
	}
	stop()
	return nil, fmt.Errorf("FastAPI does not answer on %s", address)
}
