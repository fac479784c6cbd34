package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/devstack"
	"github.com/agentteam/agentteam/internal/devstack/api"
	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/fargate"
	"github.com/agentteam/agentteam/internal/health"
	"github.com/agentteam/agentteam/internal/localcloud"
	"github.com/agentteam/agentteam/internal/terraform"
)

// readyPath answers 200 when the gateway reaches what it needs, the engine too.
const readyPath = "/ready"

// steadyLimit covers slow starts and one round of draining.
const steadyLimit = 3 * time.Minute

// hopeless is after how many tasks that failed in a row a deployment is given up.
const hopeless = 3

// environment is the deployed development environment as its tasks run it.
type environment struct {
	project  *project
	dir      string
	state    localcloud.State // of the start; what changes is read again
	reader   *fargate.Reader
	outputs  map[string]any
	services []fargate.Service // as the AWS API has them
	key      string
}

// openEnvironment tells the tasks' process which cluster was deployed.
func (p *project) openEnvironment(ctx context.Context, tf terraform.Runner, running *emulator.Emulator) (*environment, error) {
	outputs, err := tf.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	e := &environment{project: p, dir: p.cloudDir(), outputs: map[string]any{}}
	for name, output := range outputs {
		e.outputs[name] = output.Value
		if output.Sensitive {
			e.outputs[name] = "(sensitive)"
		}
	}
	loaded, err := config.LoadDefaultConfig(ctx, config.WithBaseEndpoint(running.URL()), config.WithRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	if err != nil {
		return nil, err
	}
	e.reader = fargate.NewReader(loaded)
	cluster := fmt.Sprint(e.outputs["ecs_cluster_name"])
	if err := localcloud.Follow(e.dir, cluster); err != nil {
		return nil, err
	}
	e.services, err = e.reader.Services(ctx, cluster)
	return e, err
}

// awaitSteady waits until what is deployed runs, and fails as soon as a deployment fails again and again.
func (e *environment) awaitSteady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, steadyLimit)
	defer cancel()
	watch := newProgress(e.project.out, "tasks")
	done := make(chan struct{})
	defer close(done)
	go watch.report(done)
	for {
		runs, err := e.look(ctx)
		if err != nil || runs {
			return err
		}
		fmt.Fprintln(watch, describeTasks(e.state))
		select {
		case <-ctx.Done():
			return fmt.Errorf("the services do not run as deployed: %w: %s; see make status and %s", context.Cause(ctx), describeTasks(e.state), localcloud.LogFile(e.dir))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// look says whether what is deployed runs, and why it never will.
func (e *environment) look(ctx context.Context) (runs bool, err error) {
	state, alive, err := localcloud.Find(e.dir)
	if err != nil {
		return false, err
	}
	if !alive {
		return false, fmt.Errorf("the tasks' process has ended; %s says why, and make up starts it again", localcloud.LogFile(e.dir))
	}
	e.state = state
	for _, s := range state.Services {
		if s.Failures >= hopeless && e.deploys(s.Deployment) {
			return false, fmt.Errorf("service %s does not start, after %d tries: %s", s.Service, s.Failures, s.Failure)
		}
	}
	return state.Runs(e.services) && health.HTTP(ctx, hostPort(state.Public), readyPath) == nil, nil
}

func (e *environment) deploys(deployment string) bool {
	return slices.ContainsFunc(e.services, func(s fargate.Service) bool { return s.Deployment == deployment })
}

// describeTasks is one line.
func describeTasks(state localcloud.State) string {
	var parts []string
	for _, s := range state.Services {
		stages := map[string]int{}
		for _, t := range s.Tasks {
			stages[strings.ToLower(string(t.Stage)+" "+string(t.Health))]++
		}
		words := make([]string, 1, 1+2*len(stages))
		words[0] = s.Service
		for _, stage := range slices.Sorted(maps.Keys(stages)) {
			words = append(words, strconv.Itoa(stages[stage]), stage)
		}
		parts = append(parts, strings.Join(words, " "))
	}
	if state.Problem != "" {
		parts = append(parts, state.Problem)
	}
	return strings.Join(append(parts, ""), "; ")
}

// sample runs the example when there is a new installation, a new deployment, or nobody has seen it yet.
func (e *environment) sample(cmd *cobra.Command) error {
	if err := e.openKey(cmd.Context()); err != nil {
		return err
	}
	file := filepath.Join(e.dir, "sampled")
	var deployments []string
	for _, s := range e.services {
		deployments = append(deployments, s.Deployment)
	}
	seen, err := os.ReadFile(file)
	if now := strings.Join(deployments, "\n"); err == nil && string(seen) == now {
		fmt.Fprintln(e.project.out, "nothing changed: the tasks run as before")
		return nil
	} else if err := e.runExample(cmd); err != nil {
		return err
	} else { //nolint:revive // the two outcomes of one question
		return os.WriteFile(file, []byte(now), 0o644)
	}
}

func (e *environment) runExample(cmd *cobra.Command) error {
	example, err := devstack.ReadExample(e.project.root, devExample, e.state.Samples)
	if err != nil {
		return err
	}
	_, err = e.project.runExample(cmd.Context(), cmd, api.New(e.state.Public, e.key), example, true)
	return err
}

// openKey takes the key that an earlier up left if it still opens something. Else it makes a workspace and a key as an
// operator does: by the gateway's own command, in a task of its own.
func (e *environment) openKey(ctx context.Context) error {
	file := filepath.Join(e.dir, devKey)
	if text, err := os.ReadFile(file); err == nil {
		e.key = strings.TrimSpace(string(text))
		if api.New(e.state.Public, e.key).Get(ctx, "/v1/me", nil) == nil {
			return nil
		}
	}
	gateway := slices.IndexFunc(e.services, func(s fargate.Service) bool { return len(s.TargetGroups) > 0 })
	if gateway < 0 {
		return errors.New("no deployed service has a target group")
	}
	fmt.Fprintln(e.project.out, "making an API key: apigateway api-key create, in a task of its own")
	out, err := localcloud.Machine(e.dir, e.state).RunOnce(ctx, e.reader, e.services[gateway].Definition,
		"api-key", "create", "--workspace", "Development", "--role", "admin")
	if err != nil {
		return err
	}
	e.key = strings.TrimSpace(out)
	return os.WriteFile(file, []byte(e.key+"\n"), 0o600)
}
