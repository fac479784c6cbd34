//go:build live

package deployed_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// trafficDocument takes a second and a model call, so that some runs are always under way.
const trafficDocument = `{
  "schema": "agentteam/v1", "name": "Traffic", "outputs": {"text": "${{ nodes.ask.output.text }}"},
  "nodes": [
    {"id": "pause", "type": "wait", "config": {"duration": "1s"}},
    {"id": "ask", "type": "agent", "config": {"provider": "openai", "model": "gpt-5-mini", "prompt": "Say something."}}
  ],
  "edges": [{"from": "pause", "to": "ask"}]
}`

const (
	trafficEvery = 500 * time.Millisecond
	checkEvery   = 30 * time.Millisecond // below the rate limit
	// longestGap is how long the API may refuse to start runs while everything is replaced.
	longestGap = 15 * time.Second
)

// traffic starts runs until it is stopped. A request that fails is made again, as clients do.
type traffic struct {
	w      *world
	cancel context.CancelFunc
	ended  sync.WaitGroup
	runs   []string
	failed int
	last   error
	gap    time.Duration // the longest time without a success
}

func (w *world) startTraffic(t *testing.T) *traffic {
	t.Helper()
	published, err := w.client.Publish(t.Context(), []byte(trafficDocument))
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	load := &traffic{w: w, cancel: cancel}
	load.ended.Go(func() { load.flow(ctx, published.ID) })
	return load
}

func (l *traffic) flow(ctx context.Context, workflow string) {
	succeeded := time.Now()
	for ctx.Err() == nil {
		run, err := l.w.client.Start(ctx, workflow, []byte("{}"))
		switch {
		case ctx.Err() != nil:
		case err != nil:
			l.failed++
			l.last = err
		default:
			l.gap = max(l.gap, time.Since(succeeded))
			succeeded = time.Now()
			l.runs = append(l.runs, run.ID)
		}
		select {
		case <-ctx.Done():
		case <-time.After(trafficEvery):
		}
	}
}

// stop ends the traffic, and expects every run that was started to be completed.
func (l *traffic) stop(t *testing.T) {
	t.Helper()
	l.cancel()
	l.ended.Wait()
	for _, run := range l.runs {
		time.Sleep(checkEvery)
		completed := false
		must(t, l.w.client.Follow(t.Context(), run, func(e api.Event) error {
			completed = completed || e.Type == "run.completed"
			return nil
		}))
		if !completed {
			got, err := l.w.client.Run(t.Context(), run)
			t.Errorf("run %s is %s, %v: %+v", run, got.Status, err, got.Failure)
		}
	}
	l.w.say(fmt.Sprintf("%d runs were started meanwhile, all ended; %d requests failed, the longest gap was %.1f s (%v)", len(l.runs), l.failed, l.gap.Seconds(), l.last))
	if len(l.runs) == 0 || l.gap > longestGap {
		t.Errorf("%d runs were started, with a gap of %s; want at most %s", len(l.runs), l.gap, longestGap)
	}
}
