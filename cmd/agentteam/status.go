package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"
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
