// Package service is what both services have in common: their command line, their log and
// the order in which they leave after SIGTERM.
package service

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/contract"
	"github.com/agentteam/agentteam/internal/buildinfo"
)

// Bounds of the command line.
const (
	defaultDrainDelay = 5 * time.Second
	maxDrainDelay     = 30 * time.Second
	probeTimeout      = 3 * time.Second // below the 5 s that ECS gives a health check
)

// Options are the choices on a service's command line.
type Options struct {
	Listen     string        // host:port; empty takes the service's own, port 0 any free one
	DrainDelay time.Duration // from "not ready" to refusing connections
}

// Program is a service as its command line sees it.
type Program struct {
	Name        string
	Summary     string
	Environment []contract.Variable
	Serve       func(context.Context, Options) error // runs until the context ends
	Probe       func(context.Context, Options) error // succeeds if the running service is healthy
	Migrate     func(context.Context) error          // brings the database up to this build; may run at the same time elsewhere
	Commands    []*cobra.Command                     // what an operator can do beside serving
}

// Command is the program's command line: without arguments it serves, with contract.HealthcheckCommand
// it probes the process that does, with migrate it prepares the database.
func Command(p Program) *cobra.Command {
	var options Options
	root := &cobra.Command{
		Use:           p.Name,
		Short:         p.Summary,
		Long:          p.Summary + "\n\n" + describe(p.Environment),
		Version:       buildinfo.Version(),
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.DrainDelay < 0 || options.DrainDelay > maxDrainDelay {
				return fmt.Errorf("--drain-delay must be from 0s to %s, got %s", maxDrainDelay, options.DrainDelay)
			}
			return p.Serve(cmd.Context(), options)
		},
	}
	root.PersistentFlags().StringVar(&options.Listen, "listen", "",
		"address to serve on, host:port, instead of the one the environment and the contract give")
	root.Flags().DurationVar(&options.DrainDelay, "drain-delay", defaultDrainDelay,
		"how long to go on serving after SIGTERM while reporting not ready, so that callers look elsewhere")
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(healthcheck(p, &options), migrate(p))
	root.AddCommand(p.Commands...)
	return root
}

func migrate(p Program) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's tables up to this build, then end",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.Migrate(cmd.Context()); err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: the database is up to date\n", p.Name)
			return err
		},
	}
}

func healthcheck(p Program, options *Options) *cobra.Command {
	return &cobra.Command{
		Use:   contract.HealthcheckCommand,
		Short: "Probe the running service over loopback: exit status 0 if it is healthy, else 1",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), probeTimeout)
			defer cancel()
			if err := p.Probe(ctx, *options); err != nil {
				return fmt.Errorf("unhealthy: %w", err)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: healthy\n", p.Name)
			return err
		},
	}
}

func describe(variables []contract.Variable) string {
	var text strings.Builder
	text.WriteString("Environment (an empty value and " + contract.Unset + " count as absent):\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, v := range variables {
		need := "optional"
		if v.Required {
			need = "required"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", v.Name, need, v.Purpose)
	}
	_ = table.Flush() // writes to memory: cannot fail
	return strings.TrimRight(text.String(), "\n")
}
