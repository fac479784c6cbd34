package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func downCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Stop the local AWS API and remove what up left behind; installed tools stay",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := openProject(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return p.down()
		},
	}
}

func (p *project) down() error {
	running, err := p.findEmulator()
	if err != nil {
		return err
	}
	if running == nil {
		fmt.Fprintln(p.out, "no AWS emulator is running")
	} else {
		if err := running.Stop(); err != nil {
			return fmt.Errorf("stop the AWS emulator, process %d: %w", running.PID, err)
		}
		fmt.Fprintf(p.out, "stopped the AWS emulator at %s, process %d\n", running.URL(), running.PID)
	}
	if !exists(p.runDir()) {
		return nil
	}
	fmt.Fprintf(p.out, "removed %s\n", p.runDir())
	return os.RemoveAll(p.runDir())
}
