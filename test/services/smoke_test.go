//go:build live

package services_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/buildinfo"
	"github.com/agentteam/agentteam/internal/servicetest"
)

const tool = "github.com/agentteam/agentteam/cmd/agentteam"

// The smoke test as a person or the pipeline runs it, on environments in which it must pass and in which it must not.
func TestSmoke(t *testing.T) {
	agentteam := servicetest.Build(t, tool)
	client := newClient(t)
	smoke := func(key string, arguments ...string) (output string, exit int) {
		out, problems, exit := servicetest.Run(t, append(os.Environ(), "KEY="+key), agentteam, append([]string{"smoke"}, arguments...)...)
		return out + problems, exit
	}
	for name, test := range map[string]struct {
		key       string
		arguments []string
		exit      int
		wants     []string
	}{
		"sound":                     {client.Key, []string{stack.Gateway}, 0, []string{"ready", "done", "completed", "clean up"}},
		"wrong key":                 {"atk_wrong", []string{stack.Gateway}, 1, []string{"FAILED", "me: GET /v1/me answered 401", "What to do: give an API key"}},
		"gateway without an engine": {client.Key, []string{lonelyGateway(t)}, 1, []string{"FAILED", "ready: GET /ready answered 503", "What to do:"}},
		"nobody there":              {client.Key, []string{"http://127.0.0.1:1"}, 1, []string{"FAILED", "health:", "connection refused"}},
		"another version":           {client.Key, []string{stack.Gateway, "--version=v0", "--limit=2s"}, 1, []string{"rollout: the limit of 2s", `v0 is wanted; the gateway is "` + buildinfo.Version()}},
		"no key":                    {"", []string{stack.Gateway}, 1, []string{"KEY is empty"}},
		"no URL":                    {client.Key, []string{"api.example.com"}, 1, []string{"write make smoke URL=https://"}},
		"no time":                   {client.Key, []string{stack.Gateway, "--limit=0s"}, 1, []string{"--limit must be above 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			output, exit := smoke(test.key, test.arguments...)
			t.Log("\n" + output)
			missing := slices.DeleteFunc(test.wants, func(want string) bool { return strings.Contains(output, want) })
			if exit != test.exit || len(missing) > 0 || strings.Contains(output, client.Key) {
				t.Errorf("exit %d, want %d; the output lacks %q, or it has the key", exit, test.exit, missing)
			}
		})
	}
	var left struct{ Items []struct{ Name string } }
	if err := client.Get(t.Context(), "/v1/workflows?name=smoke", &left); err != nil || len(left.Items) > 0 {
		t.Errorf("workflows are left behind: %v, %v", left, err)
	}
}

// lonelyGateway is a gateway with the database of the others and without an engine.
func lonelyGateway(t *testing.T) (url string) {
	t.Helper()
	binary := servicetest.Build(t, servicetest.Gateway)
	environment := servicetest.GatewayEnvironment(t, stack.Database(), "127.0.0.1:1")
	return "http://" + servicetest.Start(t, environment, binary, "--listen", "127.0.0.1:0").Address(t)
}
