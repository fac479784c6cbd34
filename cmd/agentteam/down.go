package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/localcloud"
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
	if err := p.stopCloud(); err != nil {
		return err
	}
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
	return p.removeRun()
}

// stopCloud ends the tasks in order, and then what they stand on.
func (p *project) stopCloud() error {
	state, found, err := localcloud.Find(p.cloudDir())
	if err != nil || !found {
		return err
	}
	began := time.Now()
	if err := state.Stop(); err != nil {
		return fmt.Errorf("stop the tasks' process %d: %w", state.PID, err)
	}
	fmt.Fprintf(p.out, "stopped the tasks, PostgreSQL, Redis, models and registry in %.0f s\n", time.Since(began).Seconds())
	return nil
}

// removeRun leaves what dev keeps: it may be running, and its data are not up's.
func (p *project) removeRun() error {
	entries, err := os.ReadDir(p.runDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if path := filepath.Join(p.runDir(), entry.Name()); path != p.devDir() {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	if !exists(p.devDir()) {
		err = errors.Join(err, os.Remove(p.runDir()))
	}
	fmt.Fprintf(p.out, "removed what up left in %s\n", p.runDir())
	return err
}
