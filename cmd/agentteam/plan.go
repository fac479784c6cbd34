package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/spf13/cobra"
)

func planCommand() *cobra.Command {
	var detailed bool
	cmd := &cobra.Command{
		Use:   "plan ENV",
		Short: "Show what deploying an environment would change",
		Args:  oneEnvironment,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := openStack(cmd.Context(), args[0], cmd.OutOrStdout())
			if err != nil {
				return err
			}
			changes, err := s.plan(cmd.Context())
			if err == nil && changes && detailed {
				return errChanges
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 when there are changes")
	return cmd
}

func diffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff ENV",
		Short: "List what would change, a line per resource; exits with 2 when there is any",
		Args:  oneEnvironment,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := openStack(cmd.Context(), args[0], cmd.OutOrStdout())
			if err != nil {
				return err
			}
			s.terraform.Output = nil
			changes, err := s.plan(cmd.Context())
			if err != nil || !changes {
				return err
			}
			plan, err := s.terraform.ShowPlan(cmd.Context(), s.planFile)
			if err != nil {
				return err
			}
			writeChanges(cmd.OutOrStdout(), plan)
			return errChanges
		},
	}
}

// writeChanges marks resources as terraform does: + create, ~ update, - destroy, -/+ replace.
func writeChanges(out io.Writer, plan *tfjson.Plan) {
	for _, change := range plan.ResourceChanges {
		if mark := markOf(change.Change.Actions); mark != "" {
			fmt.Fprintf(out, "%3s %s\n", mark, change.Address)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(plan.OutputChanges)) {
		if mark := markOf(plan.OutputChanges[name].Actions); mark != "" {
			fmt.Fprintf(out, "%3s output.%s\n", mark, name)
		}
	}
}

func markOf(actions tfjson.Actions) string {
	switch {
	case actions.Replace():
		return "-/+"
	case actions.Create():
		return "+"
	case actions.Update():
		return "~"
	case actions.Delete():
		return "-"
	case actions.Forget():
		return "."
	default:
		return "" // unchanged, or a data source
	}
}
