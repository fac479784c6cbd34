package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/smoke"
)

// smokeKey is the variable that holds the API key: an argument would be in the list of processes.
const smokeKey = "KEY"

func smokeCommand() *cobra.Command {
	options := smoke.Options{Key: os.Getenv(smokeKey)}
	cmd := &cobra.Command{
		Use:   "smoke URL",
		Short: "Try a deployed environment over its public URL: health, keys, and a run of a workflow that needs no model",
		Long: `Try a deployed environment over its public URL. The API key, of the role editor or admin, is in the variable ` + smokeKey + `.
It publishes a workflow that needs no model, runs it, follows its events, compares the result and deletes the workflow.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !isBaseURL(args[0]) {
				return fmt.Errorf("smoke takes the environment's URL, got %q: write make smoke URL=https://api.example.com %s=atk_…", args, smokeKey)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if options.Key == "" {
				return errors.New(smokeKey + " is empty: export an API key of the environment in it, such as apigateway api-key create prints")
			}
			if options.Limit <= 0 {
				return fmt.Errorf("--limit must be above 0, got %s", options.Limit)
			}
			options.URL, options.Out = args[0], cmd.OutOrStdout()
			return smoke.Run(cmd.Context(), options)
		},
	}
	cmd.Flags().DurationVar(&options.Limit, "limit", 2*time.Minute, "for everything")
	cmd.Flags().StringVar(&options.Version, "version", "", "wait, within the limit, until both services are of this version")
	return cmd
}

func isBaseURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != ""
}
