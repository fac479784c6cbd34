package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/doctor"
)

func doctorCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "doctor ENV",
		Short: "Look at a deployed environment, say what is wrong and what to do; exits with 1 when anything is",
		Long: `Look at a deployed environment as AWS shows it: tasks and why they stopped, the load balancer's targets, answers with 5xx, the
services' logged errors, PostgreSQL, Redis, parameters without a value, and alarms. It changes nothing.`,
		Args: oneEnvironment,
		RunE: func(cmd *cobra.Command, args []string) error {
			return examine(cmd.Context(), cmd.OutOrStdout(), name, args[0])
		},
	}
	cmd.Flags().StringVar(&name, "project-name", contract.Project, "as in the variable project_name")
	return cmd
}

func examine(ctx context.Context, out io.Writer, project, environment string) error {
	target, err := whoami(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s\n", environment, target)
	configuration, err := config.LoadDefaultConfig(ctx, config.WithDefaultRegion("us-east-1"))
	if err != nil {
		return fmt.Errorf("read the AWS configuration: %w", err)
	}
	facts, unread := doctor.Read(ctx, configuration, project, environment)
	findings := doctor.Diagnose(facts)
	writeFindings(out, findings)
	if unread != nil {
		return fmt.Errorf("not everything could be read, so there may be more: %w", unread)
	}
	if n := doctor.Problems(findings); n > 0 {
		return fmt.Errorf("%s has %d problems", environment, n)
	}
	fmt.Fprintln(out, "no problem found")
	return nil
}

// writeFindings prints problems last, where a reader's eye is.
func writeFindings(out io.Writer, findings []doctor.Finding) {
	words := map[doctor.Severity]string{doctor.Fine: "ok", doctor.Note: "note", doctor.Problem: "PROBLEM"}
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, func(a, b doctor.Finding) int { return int(a.Severity) - int(b.Severity) })
	for _, f := range sorted {
		fmt.Fprintf(out, "  %-8s %s\n", words[f.Severity], f.What)
		for _, line := range f.Evidence {
			fmt.Fprintf(out, "             %s\n", strings.TrimSpace(line))
		}
		if f.Remedy != "" {
			fmt.Fprintf(out, "             → %s\n", f.Remedy)
		}
	}
}
