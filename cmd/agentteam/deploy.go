package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func deployCommand() *cobra.Command {
	var approved bool
	cmd := &cobra.Command{
		Use:   "deploy ENV",
		Short: "Plan an environment, ask, and apply exactly that plan",
		Args:  oneEnvironment,
		RunE: func(cmd *cobra.Command, args []string) error {
			return change(cmd, args[0], approved)
		},
	}
	approveFlag(cmd, &approved)
	return cmd
}

func destroyCommand() *cobra.Command {
	var approved bool
	cmd := &cobra.Command{
		Use:   "destroy ENV",
		Short: "Plan the removal of an environment, ask, and apply exactly that plan",
		Args:  oneEnvironment,
		RunE: func(cmd *cobra.Command, args []string) error {
			return change(cmd, args[0], approved, "-destroy")
		},
	}
	approveFlag(cmd, &approved)
	return cmd
}

func approveFlag(cmd *cobra.Command, approved *bool) {
	cmd.Flags().BoolVar(approved, "auto-approve", false, "do not ask")
}

// change shows a plan and, with consent, applies it.
func change(cmd *cobra.Command, name string, approved bool, args ...string) error {
	s, err := openStack(cmd.Context(), name, cmd.OutOrStdout())
	if err != nil {
		return err
	}
	changes, err := s.plan(cmd.Context(), args...)
	if err != nil || !changes {
		return err
	}
	if !approved {
		if err := confirm(cmd, fmt.Sprintf("Apply this plan to %s?", name)); err != nil {
			return err
		}
	}
	return s.apply(cmd.Context())
}
