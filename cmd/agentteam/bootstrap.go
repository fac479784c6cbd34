package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/terraform"
)

const (
	account = "account"
	// localState makes the app give the account stack a state file, while its bucket does not exist.
	localState     = "AGENTTEAM_STATE=local"
	localStateFile = "terraform.account.tfstate"
)

func bootstrapCommand() *cobra.Command {
	var approved bool
	cmd := &cobra.Command{
		Use:   "bootstrap",
		Short: "Deploy the account stack for the first time: make the state bucket and move its own state there",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := openProject(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			target, err := whoami(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s: %s\n", account, target)
			if !approved {
				if err := confirm(cmd, "Make the state bucket, the image registries and the deploy role there?"); err != nil {
					return err
				}
			}
			c, binary, err := p.deployTools(cmd.Context())
			if err != nil {
				return err
			}
			return p.bootstrap(cmd.Context(), c, p.runner(binary, account))
		},
	}
	approveFlag(cmd, &approved)
	return cmd
}

// bootstrap deploys the account stack. When its bucket does not hold its state yet, it deploys with a state
// file and then moves that into the bucket. Interrupted anywhere, a second call continues.
func (p *project) bootstrap(ctx context.Context, c cdktf, tf terraform.Runner) error {
	tf.Output = nil
	if err := p.synthStack(ctx, account); err != nil {
		return err
	}
	stored, err := stateStored(ctx, tf)
	if err != nil {
		return explain(err, tf.Dir)
	}
	if stored {
		return c.deployChanged(ctx, deployment{stack: account, purpose: "its state is in the bucket already"})
	}
	if err := forgetBackend(tf.Dir); err != nil {
		return err
	}
	if err := c.deploy(ctx, deployment{stack: account, purpose: "its state in a file, to make the bucket", env: []string{localState}}); err != nil {
		return err
	}
	if err := c.deploy(ctx, deployment{stack: account, purpose: "its state moves into the bucket", flags: []string{"--migrate-state"}}); err != nil {
		return err
	}
	if stored, err = stateStored(ctx, tf); err != nil || !stored {
		return errors.Join(fmt.Errorf("the state bucket does not hold the state of %s: %s keeps it; run this again", account, localStateFile), err)
	}
	return removeFiles(filepath.Join(p.root, localStateFile), filepath.Join(p.root, localStateFile+".backup"))
}

// stateStored says whether the bucket exists and holds this stack's resources.
func stateStored(ctx context.Context, tf terraform.Runner) (bool, error) {
	err := tf.Init(ctx, "-reconfigure")
	var failed *terraform.Error
	if errors.As(err, &failed) && strings.Contains(failed.Diagnostics, "does not exist") {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	resources, err := tf.Resources(ctx)
	return len(resources) > 0, err
}

// forgetBackend lets the next init start afresh: a folder that remembers the bucket would ask to move the state out of it.
func forgetBackend(dir string) error {
	return removeFiles(filepath.Join(dir, ".terraform", "terraform.tfstate"))
}

func removeFiles(files ...string) error {
	for _, file := range files {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
