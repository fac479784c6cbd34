package smoke

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/agentteam/agentteam/internal/devstack/api"
)

// checks are in the order in which each needs the one before.
func (t *trial) checks() []check {
	var rollout []check
	if t.Version != "" {
		rollout = append(rollout, check{"rollout", t.rollout, "look at the ECS services' events and at the logs of the stopped tasks: a rollout that fails is rolled back by AWS"})
	}
	return append(rollout, []check{
		{"health", t.health, "nothing answers as the gateway: compare the URL with the output api_gateway_url, and look at the ECS service's events and the gateway's log"},
		{"ready", t.ready, "the answer names what the gateway misses: look at the log of that service, and at its security group"},
		{"version", t.versions, "the gateway cannot ask the engine: see the logs of both"},
		{"refusal", t.refusal, "requests without a valid key must be answered 401: take the environment off the internet until you know why"},
		{"me", t.me, "give an API key of this environment, of the role editor or admin: apigateway api-key create --workspace Smoke --role editor"},
		{"publish", t.publish, "the key must be allowed to publish (role editor or admin), and the engine must accept a document: see its log"},
		{"run", t.start, "the key must be allowed to start runs (role editor or admin), and the engine must accept them: see its log"},
		{"events", t.first, "see the engine's log; an event stream must reach clients within the 30 seconds of API Gateway"},
		{"resume", t.rest, "a stream must go on after Last-Event-ID: see the gateway's log, and whether a proxy drops that header"},
		{"result", t.result, "the engine computed something else than this document says: roll back to the images before"},
	}...)
}

func (t *trial) health(ctx context.Context) (string, error) {
	var answer struct{ Status string }
	if err := t.client.Get(ctx, "/health", &answer); err != nil {
		return "", err
	}
	if answer.Status != "ok" {
		return "", fmt.Errorf("/health says %q, want ok: is this the gateway?", answer.Status)
	}
	return "the gateway at " + t.client.URL + " lives", nil
}

func (t *trial) ready(ctx context.Context) (string, error) {
	var answer struct{ Dependencies map[string]string }
	if err := t.client.Get(ctx, "/ready", &answer); err != nil {
		return "", err
	}
	for name, state := range answer.Dependencies {
		if state != "ok" { // Redis alone may be away while requests are served
			return "it serves, and " + name + " is " + state, nil
		}
	}
	return fmt.Sprintf("it serves, with all %d dependencies", len(answer.Dependencies)), nil
}

func (t *trial) versions(ctx context.Context) (string, error) {
	gateway, engine, err := t.askVersions(ctx)
	return fmt.Sprintf("gateway %s, engine %s", gateway, engine), err
}

func (t *trial) askVersions(ctx context.Context) (gateway, engine string, err error) {
	var answer struct {
		Version string
		Engine  struct{ Version string }
	}
	err = t.client.Get(ctx, "/version", &answer)
	return answer.Version, answer.Engine.Version, err
}

// refusal expects 401 without a key, and with one that nobody was given.
func (t *trial) refusal(ctx context.Context) (string, error) {
	for what, key := range map[string]string{"no key": "", "an invented key": "atk_" + t.nonce} {
		stranger := *t.client
		stranger.Key = key
		err := stranger.Get(ctx, "/v1/me", nil)
		if problem := (*api.Problem)(nil); !errors.As(err, &problem) || problem.Status != http.StatusUnauthorized {
			return "", fmt.Errorf("GET /v1/me with %s gives %v, want 401", what, orSuccess(err))
		}
	}
	return "401 without a key, and with an invented one", nil
}

func orSuccess(err error) any {
	if err == nil {
		return "an answer"
	}
	return err
}

func (t *trial) me(ctx context.Context) (string, error) {
	var answer struct {
		Subject    string
		Workspaces []struct {
			ID, Role    string
			Permissions []string
		}
	}
	if err := t.client.Get(ctx, "/v1/me", &answer); err != nil {
		return "", err
	}
	if len(answer.Workspaces) == 0 {
		return "", fmt.Errorf("%s may act in no workspace", answer.Subject)
	}
	access := answer.Workspaces[0]
	for _, needed := range []string{"workflows.publish", "runs.start"} {
		if !slices.Contains(access.Permissions, needed) {
			return "", fmt.Errorf("the key's role is %s, which may not %s", access.Role, needed)
		}
	}
	return fmt.Sprintf("%s, %s of %s", answer.Subject, access.Role, access.ID), nil
}
