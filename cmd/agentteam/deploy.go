package main

import (
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/spf13/cobra"
)

func deployCommand() *cobra.Command {
	var approved bool
	var images string
	cmd := &cobra.Command{
		Use:   "deploy ENV",
		Short: "Plan an environment, ask, and apply exactly that plan",
		Args:  oneEnvironment,
		RunE: func(cmd *cobra.Command, args []string) error {
			return change(cmd, args[0], images, approved, nil)
		},
	}
	approveFlag(cmd, &approved)
	cmd.Flags().StringVar(&images, "image-tag", "", "of both services' images; without it those that run stay")
	return cmd
}

func destroyCommand() *cobra.Command {
	var approved bool
	cmd := &cobra.Command{
		Use:   "destroy ENV",
		Short: "Plan the removal of an environment, ask, and apply exactly that plan",
		Args:  oneEnvironment,
		RunE: func(cmd *cobra.Command, args []string) error {
			return change(cmd, args[0], "", approved, checkUnprotected, "-destroy")
		},
	}
	approveFlag(cmd, &approved)
	return cmd
}

func approveFlag(cmd *cobra.Command, approved *bool) {
	cmd.Flags().BoolVar(approved, "auto-approve", false, "do not ask")
}

// change shows a plan and, when the check and the user let it, applies it.
func change(cmd *cobra.Command, name, images string, approved bool, check func(string, *tfjson.Plan) error, args ...string) error {
	s, err := openStack(cmd.Context(), name, cmd.OutOrStdout())
	if err != nil {
		return err
	}
	s.useImages(images)
	changes, err := s.plan(cmd.Context(), args...)
	if err != nil || !changes {
		return err
	}
	if check != nil {
		plan, err := s.terraform.ShowPlan(cmd.Context(), s.planFile)
		if err != nil {
			return err
		}
		if err := check(name, plan); err != nil {
			return err
		}
	}
	if !approved {
		if err := confirm(cmd, fmt.Sprintf("Apply this plan to %s?", name)); err != nil {
			return err
		}
	}
	return s.apply(cmd.Context())
}
