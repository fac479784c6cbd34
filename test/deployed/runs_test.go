//go:build live

package deployed_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

var errEnough = errors.New("seen enough")

// runsLiveTheirLives goes through the load balancer alone.
func runsLiveTheirLives(t *testing.T, w *world) {
	w.approveAndFinish(t, w.startReport(t))

	run := w.startReport(t)
	must(t, w.client.Post(t.Context(), "/v1/runs/"+run+":cancel", map[string]string{}, nil))
	must(t, w.client.Follow(t.Context(), run, func(api.Event) error { return nil }))
	if got, err := w.client.Run(t.Context(), run); err != nil || got.Status != "canceled" {
		t.Errorf("after its cancellation the run is %s, %v", got.Status, err)
	}
}

// startReport starts a run that waits for an approval, and sees its events come one by one.
func (w *world) startReport(t *testing.T) (run string) {
	t.Helper()
	example := w.example(t)
	workflow, err := w.client.Publish(t.Context(), example.Document)
	must(t, err)
	started, err := w.client.Start(t.Context(), workflow.ID, example.Inputs)
	must(t, err)
	deltas := 0
	err = w.client.Follow(t.Context(), started.ID, func(e api.Event) error {
		switch e.Type {
		case "message.delta":
			deltas++
			if late := time.Since(e.Time); deltas == 1 && late > 5*time.Second {
				t.Errorf("the first piece of the answer came %s after it was made: something holds the stream back", late)
			}
		case "approval.requested":
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) || deltas == 0 {
		t.Fatalf("no approval after %d pieces of an answer: %v", deltas, err)
	}
	return started.ID
}

// approveAndFinish takes a run that waits to its end.
func (w *world) approveAndFinish(t *testing.T, run string) {
	t.Helper()
	err := w.client.Follow(t.Context(), run, func(e api.Event) error {
		if e.Type != "approval.requested" {
			return nil
		}
		var requested struct{ Approval, Digest string }
		must(t, json.Unmarshal(e.Data, &requested))
		return w.client.Decide(t.Context(), requested.Approval, requested.Digest, true)
	})
	must(t, err)
	if got, err := w.client.Run(t.Context(), run); err != nil || got.Status != "completed" {
		t.Errorf("the run is %s, %v: %+v", got.Status, err, got.Failure)
	}
}
