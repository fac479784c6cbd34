package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/terraform"
)

const (
	development  = "development"
	emulatorPort = 4577
	httpPort     = 8080
)

// ports are where up makes things reachable on 127.0.0.1.
type ports struct{ api, http int }

func upCommand() *cobra.Command {
	var at ports
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Deploy the account and development stacks on a local AWS API, run what is deployed, and leave it running",
		Long: `Deploy the account and development stacks on a local AWS API, build the services' images, run the deployed task
definitions on this machine, run a sample workflow through the load balancer, and leave everything running.

Models are simulated for each provider whose key is not in the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY).
Running it again deploys what has changed since, and nothing else.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := openProject(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return p.up(cmd, at)
		},
	}
	cmd.Flags().IntVar(&at.api, "port", emulatorPort, "of the local AWS API on 127.0.0.1; 0 takes a free one")
	cmd.Flags().IntVar(&at.http, "http-port", httpPort, "of the load balancer on 127.0.0.1; 0 takes a free one")
	return cmd
}

// up is harmless to repeat. A failed step leaves everything running, so that the next up continues;
// an interrupted one stops what it started.
func (p *project) up(cmd *cobra.Command, at ports) error {
	ctx := cmd.Context()
	c, binary, err := p.deployTools(ctx)
	if err != nil {
		return err
	}
	running, started, err := p.startEmulator(ctx, at.api)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "AWS emulator: %s, process %d\n", running.URL(), running.PID)
	p.env = append(p.env, running.Env()...)
	c.project = p
	if runtime.GOOS == "linux" {
		err = p.upWithTasks(cmd, c, p.runner(binary, development), at, running)
	} else {
		err = p.upWithoutTasks(ctx, c, p.runner(binary, development))
	}
	if ctx.Err() != nil && started {
		return errors.Join(errors.New("interrupted: what this run started is gone, and the next up starts afresh"), p.down())
	}
	return err
}

// upWithTasks deploys while the images are built: deploying is mostly waiting.
func (p *project) upWithTasks(cmd *cobra.Command, c cdktf, tf terraform.Runner, at ports, running *emulator.Emulator) error {
	began := time.Now()
	state, err := p.startCloud(cmd, at.http, running)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "tasks' process: %d, load balancer %s, images %s\n", state.PID, state.Public, state.Registry)
	choice, err := p.chooseModels(state)
	if err != nil {
		return err
	}
	tag, err := p.imageTag(cmd.Context())
	if err != nil {
		return err
	}
	variables := append(choice.variables(state), "TF_VAR_image_tag="+tag)
	if err := p.keepVariables(variables); err != nil {
		return err
	}
	both, ctx := errgroup.WithContext(cmd.Context())
	both.Go(func() error { return p.publish(ctx, state, tag) })
	both.Go(func() error { return p.deployAll(ctx, c, tf.Binary, variables) })
	if err := both.Wait(); err != nil {
		return err
	}
	deployed := time.Since(began)
	e, err := p.openEnvironment(cmd.Context(), tf, running)
	if err != nil {
		return err
	}
	if err := e.awaitSteady(cmd.Context()); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "deployed in %.0f s, and running as deployed after %.0f s more\n", deployed.Seconds(), (time.Since(began) - deployed).Seconds())
	if err := e.sample(cmd); err != nil {
		return err
	}
	return e.summary(cmd.Context())
}

func (p *project) upWithoutTasks(ctx context.Context, c cdktf, tf terraform.Runner) error {
	if err := p.deployAll(ctx, c, tf.Binary, nil); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "the services do not run: their tasks need Linux, and this is %s; `make dev` runs the services anywhere\n", runtime.GOOS)
	return p.printOutputs(ctx, tf)
}

// deployTools finds or installs everything that a deployment by cdktf needs.
func (p *project) deployTools(ctx context.Context) (cdktf, string, error) {
	binary, err := p.tools.Terraform(ctx)
	if err != nil {
		return cdktf{}, "", err
	}
	command, err := p.tools.CDKTF(ctx)
	if err != nil {
		return cdktf{}, "", err
	}
	// cdktf would otherwise look for its own terraform, and fill a provider cache of its own.
	p.env = append(p.env, "TERRAFORM_BINARY_NAME="+binary, "CDKTF_DISABLE_PLUGIN_CACHE_ENV=true")
	return cdktf{project: p, binary: command, terraform: binary}, binary, nil
}

func (p *project) startEmulator(ctx context.Context, port int) (running *emulator.Emulator, started bool, err error) {
	running, err = p.findEmulator()
	if err != nil || running != nil {
		return running, false, err
	}
	python, err := p.tools.Python(ctx)
	if err != nil {
		return nil, false, err
	}
	running, err = emulator.StartDetached(ctx, emulator.Config{Python: python, Dir: p.emulatorDir(), Port: port})
	return running, true, err
}

func (p *project) deployAll(ctx context.Context, c cdktf, binary string, variables []string) error {
	if err := p.bootstrap(ctx, c, p.runner(binary, account)); err != nil {
		return err
	}
	return c.deployChanged(ctx, deployment{stack: development, purpose: "all of an environment, two minutes", env: variables})
}
