package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/localcloud"
)

func statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say whether the local AWS API runs and what is deployed on it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := openProject(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return p.status(cmd.Context())
		},
	}
}

func (p *project) status(ctx context.Context) error {
	running, err := p.findEmulator()
	if err != nil {
		return err
	}
	if running == nil {
		fmt.Fprintln(p.out, "AWS emulator: not running; start it with: make up")
		return nil
	}
	fmt.Fprintf(p.out, "AWS emulator: %s, process %d, log %s\n", running.URL(), running.PID, running.Log)
	if err := p.cloudStatus(); err != nil {
		return err
	}
	p.env = append(p.env, running.Env()...)
	names, err := p.stacks()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was ever synthesized, so nothing is deployed
	}
	if err != nil {
		return err
	}
	return p.printDeployed(ctx, names)
}

func (p *project) cloudStatus() error {
	state, found, err := localcloud.Find(p.cloudDir())
	if err != nil {
		return err
	}
	if !found {
		fmt.Fprintln(p.out, "tasks: not running; start them with: make up")
		return nil
	}
	fmt.Fprintf(p.out, "tasks' process: %d, load balancer %s, log %s\n", state.PID, state.Public, localcloud.LogFile(p.cloudDir()))
	p.printTasks(state)
	fmt.Fprintf(p.out, "\nDifferent on this machine:\n%s\n", indent(state.Translation.String()))
	return nil
}

func (p *project) printDeployed(ctx context.Context, names []string) error {
	binary, err := p.tools.Terraform(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		tf := p.runner(binary, name)
		if !exists(filepath.Join(tf.Dir, ".terraform", "terraform.tfstate")) {
			fmt.Fprintf(p.out, "%-12s not initialized\n", name)
			continue
		}
		resources, err := tf.Resources(ctx)
		if err != nil {
			return explain(err, tf.Dir)
		}
		fmt.Fprintf(p.out, "%-12s %d resources\n", name, len(resources))
	}
	return nil
}
