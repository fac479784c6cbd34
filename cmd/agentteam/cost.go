package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/cost"
)

func costCommand() *cobra.Command {
	var against string
	cmd := &cobra.Command{
		Use:   "cost ENV",
		Short: "Estimate what an environment costs in a month, or what other tfvars would change of it",
		Long: `Estimate what an environment costs in a month, from its plan and a table of AWS's list prices.

It plans as the command plan does, in the same shell, and changes nothing. What depends on use is shown with the use that
it assumes; what has no price is named. --against estimates a second time, with a tfvars file that wins over the
environment's own, and prints the difference.`,
		Args: oneEnvironment,
		RunE: func(cmd *cobra.Command, args []string) error {
			other, err := existingFile(against)
			if err != nil {
				return err
			}
			s, err := openStack(cmd.Context(), args[0], cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return s.cost(cmd.Context(), other)
		},
	}
	cmd.Flags().StringVar(&against, "against", "", "tfvars file to compare with")
	return cmd
}

// existingFile is a file's absolute path: terraform runs in another folder.
func existingFile(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return "", fmt.Errorf("--against must name a tfvars file, got %q, which is none", name)
	}
	return path, nil
}

func (s *stack) cost(ctx context.Context, against string) error {
	here, err := s.estimate(ctx)
	if err != nil {
		return err
	}
	if against == "" {
		return here.Write(s.out, s.name)
	}
	there, err := s.estimate(ctx, "-var-file="+against)
	if err != nil {
		return err
	}
	return cost.WriteDifference(s.out, here, there, s.name, filepath.Base(against))
}

// estimate plans without the state's lock, since nothing is applied. Given arguments win over the environment's own.
func (s *stack) estimate(ctx context.Context, args ...string) (*cost.Estimate, error) {
	quiet := *s
	quiet.terraform.Output = nil
	quiet.variables = append(append([]string{"-lock=false"}, s.variables...), args...)
	quiet.planFile = filepath.Join(s.terraform.Dir, "cost.tfplan")
	defer os.Remove(quiet.planFile)
	if _, err := quiet.plan(ctx); err != nil {
		return nil, err
	}
	plan, err := s.terraform.ShowPlan(ctx, quiet.planFile)
	if err != nil {
		return nil, err
	}
	return cost.Of(plan)
}
