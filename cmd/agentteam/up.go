package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/emulator"
	"github.com/agentteam/agentteam/internal/terraform"
)

const (
	development  = "development"
	emulatorPort = 4577
)

func upCommand() *cobra.Command {
	var port int
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Deploy the account and development stacks on a local AWS API, and leave it running",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := openProject(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return p.up(cmd.Context(), port)
		},
	}
	cmd.Flags().IntVar(&port, "port", emulatorPort, "of the local AWS API on 127.0.0.1; 0 takes a free one")
	return cmd
}

// up is harmless to repeat. A failed step leaves the emulator running, so that the next up continues;
// an interrupted one stops what it started.
func (p *project) up(ctx context.Context, port int) error {
	c, binary, err := p.deployTools(ctx)
	if err != nil {
		return err
	}
	running, started, err := p.startEmulator(ctx, port)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "AWS emulator: %s, process %d\n", running.URL(), running.PID)
	p.env = append(p.env, running.Env()...)
	c.project = p
	err = p.deployAll(ctx, c, binary)
	if ctx.Err() != nil && started {
		return errors.Join(errors.New("interrupted: what this run started is gone, and the next up starts afresh"), p.down())
	}
	if err != nil {
		return err
	}
	return p.summary(ctx, p.runner(binary, development))
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

func (p *project) deployAll(ctx context.Context, c cdktf, binary string) error {
	if err := p.bootstrap(ctx, c, p.runner(binary, account)); err != nil {
		return err
	}
	return c.deploy(ctx, deployment{stack: development, purpose: "all of an environment, two minutes"})
}

// summary prints what was deployed and what to do with it.
func (p *project) summary(ctx context.Context, tf terraform.Runner) error {
	outputs, err := tf.Outputs(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "\nOutputs of %s:\n", development)
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		value := outputs[name].Value
		if outputs[name].Sensitive {
			value = "(sensitive)"
		}
		fmt.Fprintf(p.out, "  %-30s %v\n", name, value)
	}
	fmt.Fprint(p.out, `
The emulator keeps running. Next:
  eval "$(bin/agentteam env)"     point this shell's terraform, cdktf and aws at it
  make plan ENV=staging           see another environment's plan (in such a shell)
  make status                     what runs and what is deployed
  make down                       stop it; everything it holds is gone
`)
	return nil
}
