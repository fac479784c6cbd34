package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/plansummary"
)

// reports are where the summary of plans goes beside standard output.
type reports struct {
	file        string
	pullRequest int
	issue       bool
}

func planSummaryCommand() *cobra.Command {
	var to reports
	cmd := &cobra.Command{
		Use:   "plan-summary ENV…",
		Short: "Summarize in Markdown what deploying environments would change, without any value",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			body, _, failure := summarize(cmd, "Plan", args)
			err := to.save(body)
			if to.pullRequest != 0 {
				err = errors.Join(err, comment(cmd.Context(), to.pullRequest, body))
			}
			return errors.Join(failure, err)
		},
	}
	to.flags(cmd)
	cmd.Flags().IntVar(&to.pullRequest, "pull-request", 0, "number of the pull request that gets it as its one comment, by gh")
	return cmd
}

func driftCommand() *cobra.Command {
	var to reports
	cmd := &cobra.Command{
		Use:   "drift ENV…",
		Short: "Find what differs between environments and their code; exits with 2 when there is anything",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			body, changes, failure := summarize(cmd, "Drift", args)
			err := errors.Join(failure, to.save(body))
			switch {
			case err != nil:
				return err
			case to.issue:
				return driftIssue(cmd.Context(), body, changes)
			case changes:
				return errChanges
			}
			return nil
		},
	}
	to.flags(cmd)
	cmd.Flags().BoolVar(&to.issue, "issue", false, "keep the repository's one issue about drift, by gh, and exit with 0")
	return cmd
}

// summarize plans every environment, also when the plan of one fails. It takes no lock: a reader must not hold up a deployment.
func summarize(cmd *cobra.Command, title string, names []string) (body string, changes bool, failure error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, "## %s\n\n", title)
	for _, name := range names {
		changed, err := summarizeOne(cmd, &text, name)
		changes = changes || changed
		if err != nil {
			fmt.Fprintf(&text, "### %s\n\n⚠️ **The plan failed**; the log of this job says why.\n\n", name)
			failure = errors.Join(failure, fmt.Errorf("%s: %w", name, err))
		}
	}
	fmt.Fprint(cmd.OutOrStdout(), text.String())
	return text.String(), changes, failure
}

func summarizeOne(cmd *cobra.Command, text *bytes.Buffer, name string) (bool, error) {
	s, err := openStack(cmd.Context(), name, cmd.ErrOrStderr())
	if err != nil {
		return false, err
	}
	s.terraform.Output = nil
	defer os.Remove(s.planFile) // it may hold sensitive values
	changes, err := s.plan(cmd.Context(), "-lock=false")
	if err != nil {
		return false, err
	}
	plan, err := s.terraform.ShowPlan(cmd.Context(), s.planFile)
	if err != nil {
		return false, err
	}
	plansummary.Write(text, name, plan)
	return changes, nil
}

// flags makes GitHub's summary of the job the default.
func (to *reports) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&to.file, "append-to", os.Getenv("GITHUB_STEP_SUMMARY"), "file that the summary is appended to as well")
}

func (to *reports) save(body string) error {
	if to.file == "" {
		return nil
	}
	file, err := os.OpenFile(to.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(body)
	return errors.Join(err, file.Close())
}
