package emulator

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// waitReady returns when the server answers, and fails when it has ended or takes too long.
func (e *Emulator) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for !e.answers(ctx) {
		select {
		case <-e.exited:
			return fmt.Errorf("the AWS emulator ended while it started; %s ends with:\n%s", e.Log, e.lastLines(10))
		case <-ctx.Done():
			return fmt.Errorf("the AWS emulator did not answer on %s: %w; see %s", e.URL(), context.Cause(ctx), e.Log)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// answers asks a path that only this emulator serves, so another program on the port does not count.
func (e *Emulator) answers(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL()+"/moto-api/", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func (e *Emulator) lastLines(count int) string {
	log, err := os.ReadFile(e.Log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
