package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/process"
	"github.com/agentteam/agentteam/internal/toolchain"
)

func synthCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "synth",
		Short: "Write every stack's Terraform JSON to cdktf.out",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := openProject(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			if err := p.synth(cmd.Context()); err != nil {
				return err
			}
			names, err := p.stacks()
			for _, name := range names {
				fmt.Fprintln(p.out, p.stackDir(name))
			}
			return err
		},
	}
}

// synth runs the app as cdktf does, without cdktf's seconds of start.
func (p *project) synth(ctx context.Context) error {
	if err := toolchain.CheckBuild(ctx); err != nil {
		return err
	}
	var output bytes.Buffer
	cmd := process.Command(ctx, "sh", "-c", p.app)
	cmd.Dir = p.root
	cmd.Env = append(append(os.Environ(), p.env...), "CDKTF_OUTDIR="+p.outDir())
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("synth (%s): %w\n%s", p.app, err, strings.TrimSpace(output.String()))
	}
	return nil
}

// synthStack synthesizes and checks that the app declares the stack.
func (p *project) synthStack(ctx context.Context, name string) error {
	if err := p.synth(ctx); err != nil {
		return err
	}
	names, err := p.stacks()
	if err != nil {
		return err
	}
	if !slices.Contains(names, name) {
		return fmt.Errorf("there is no environment %q: choose one of %s", name, strings.Join(names, ", "))
	}
	return nil
}
