package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/agentteam/agentteam/internal/devstack"
)

const openStreams = 1000

// benchStreams holds event streams of a waiting run open and measures the memory that they cost both services.
func benchStreams(ctx context.Context, w *world, _ options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workflow, err := w.engine.publish(ctx, chain("an hour, watched", 1, "wait", map[string]any{"duration": "1h"}))
	if err != nil {
		return err
	}
	run, err := w.engine.start(ctx, workflow, "{}")
	if err != nil {
		return err
	}
	if err := parallel(ctx, openStreams, 20, func(context.Context, int) error { return openStream(ctx, w, run) }); err != nil {
		return err
	}
	gateway, err := w.resident(devstack.Gateway)
	if err != nil {
		return err
	}
	engine, err := w.resident(devstack.Engine)
	if err != nil {
		return err
	}
	t := newTable("resident memory with %d open event streams", openStreams)
	t.value("gateway", "MiB", gateway, "≤ 200")
	t.value("engine", "MiB", engine, "")
	return t.print()
}

// openStream returns after the first event; the stream stays open until the context ends.
func openStream(ctx context.Context, w *world, run string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.stack.Gateway+"/v1/runs/"+run+"/events", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+w.key)
	request.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", request.URL, response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "event: ") {
			return nil
		}
	}
	return fmt.Errorf("%s ended before its first event: %w", request.URL, lines.Err())
}
