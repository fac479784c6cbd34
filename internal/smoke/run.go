package smoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// document needs no model and no way out of the network. The wait makes the engine put the run down and take it up again.
const document = `{"schema": "agentteam/v1", "name": %q, "description": "Made by agentteam smoke, which removes it.",
	"inputs": {"type": "object", "properties": {"words": {"type": "array", "items": {"type": "string"}}}, "required": ["words"]},
	"outputs": {"text": "${{ nodes.join.output.text }}", "count": "${{ nodes.join.output.count }}"},
	"settings": {"timeout": "1m"},
	"nodes": [
		{"id": "pause", "type": "wait", "config": {"duration": "1s"}},
		{"id": "join", "type": "transform", "config": {"value": {"text": "${{ inputs.words.join('-') }}", "count": "${{ size(inputs.words) }}"}}}
	],
	"edges": [{"from": "pause", "to": "join"}]}`

func (t *trial) publish(ctx context.Context) (string, error) {
	published, err := t.client.Publish(ctx, fmt.Appendf(nil, document, "smoke "+t.nonce))
	t.workflow = published.ID // also of one that was made and not published
	return "workflow " + t.workflow, err
}

// words are new in each run, so that no old answer can pass for the result.
func (t *trial) words() []string { return []string{"smoke", t.nonce, "test"} }

func (t *trial) start(ctx context.Context) (string, error) {
	inputs, err := json.Marshal(map[string]any{"words": t.words()})
	if err != nil {
		return "", err
	}
	run, err := t.client.Start(ctx, t.workflow, inputs)
	t.run = run.ID
	return "run " + t.run, err
}

// enough is how many events are read before the connection is cut.
const enough = 2

var errEnough = errors.New("enough events for now")

func (t *trial) first(ctx context.Context) (string, error) {
	err := t.client.Follow(ctx, t.run, func(e api.Event) error {
		if t.read = e.Seq; e.Seq == enough {
			return errEnough
		}
		return nil
	})
	if err == nil {
		err = fmt.Errorf("the stream ended after %d events", t.read)
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	return fmt.Sprintf("%d events as they came; then the connection was cut", t.read), err
}

// rest reads from the event after the last one that was read, to the end. The client refuses a gap and a repetition.
func (t *trial) rest(ctx context.Context) (string, error) {
	var seen []string
	err := t.client.Resume(ctx, t.run, t.read, func(e api.Event) error {
		seen = append(seen, e.Type)
		return nil
	})
	return fmt.Sprintf("%d more events after event %d, to %s", len(seen), t.read, last(seen)), err
}

func last(of []string) string {
	if len(of) == 0 {
		return "none"
	}
	return of[len(of)-1]
}

func (t *trial) result(ctx context.Context) (string, error) {
	run, err := t.client.Run(ctx, t.run)
	if err != nil {
		return "", err
	}
	if run.Failure != nil {
		return "", fmt.Errorf("the run %s: %s: %s", run.Status, run.Failure.Code, run.Failure.Message)
	}
	var got struct {
		Text  string
		Count int
	}
	if err := json.Unmarshal(run.Outputs, &got); err != nil {
		return "", fmt.Errorf("the outputs of run %s: %w", t.run, err)
	}
	if want := strings.Join(t.words(), "-"); run.Status != "completed" || got.Text != want || got.Count != len(t.words()) {
		return "", fmt.Errorf("the run is %s with %s, want completed with %q and %d", run.Status, run.Outputs, want, len(t.words()))
	}
	return fmt.Sprintf("the run %s with the outputs that were expected", run.Status), nil
}

// removal is what is left of the trial: it is not a check of the environment, and must not be forgotten either.
func (t *trial) removal() check {
	return check{"clean up", t.remove, "cancel the run and delete the workflow " + t.workflow + " by hand"}
}

func (t *trial) remove(ctx context.Context) (string, error) {
	var problems []error
	if t.run != "" { // no effect on one that has ended
		problems = append(problems, t.client.Post(ctx, "/v1/runs/"+t.run+":cancel", map[string]string{"reason": "the smoke test ended"}, nil))
	}
	problems = append(problems, t.client.Delete(ctx, "/v1/workflows/"+t.workflow))
	return "the workflow is deleted; the run stays in the list of runs, ended", errors.Join(problems...)
}
