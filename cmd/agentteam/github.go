package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/agentteam/agentteam/internal/process"
)

// maxBody is what GitHub takes as a comment or an issue, in characters; bytes are never fewer.
const maxBody = 65536

const driftLabel = "drift"

// gh runs GitHub's command line, which knows the repository and the token from its environment.
func gh(ctx context.Context, stdin string, args ...string) (string, error) {
	var out, problems bytes.Buffer
	cmd := process.Command(ctx, "gh", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("gh %s %s: %w\n%s", args[0], args[1], err, strings.TrimSpace(problems.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// comment replaces what this token's owner last said on the pull request, so that there is one comment, of the newest plan.
func comment(ctx context.Context, pullRequest int, body string) error {
	_, err := gh(ctx, shortened(body), "pr", "comment", strconv.Itoa(pullRequest), "--edit-last", "--create-if-none", "--body-file", "-")
	return err
}

// driftIssue opens, updates or closes the one open issue with the label.
func driftIssue(ctx context.Context, body string, changes bool) error {
	open, err := gh(ctx, "", "issue", "list", "--label", driftLabel, "--state", "open", "--limit", "1", "--json", "number", "--jq", ".[].number")
	if err != nil {
		return err
	}
	switch {
	case open == "" && !changes:
		return nil
	case open == "":
		if _, err := gh(ctx, "", "label", "create", driftLabel, "--force", "--description", "AWS differs from the code"); err != nil {
			return err
		}
		_, err = gh(ctx, shortened(body), "issue", "create", "--title", "AWS differs from the code", "--label", driftLabel, "--body-file", "-")
	case changes:
		_, err = gh(ctx, shortened(body), "issue", "edit", open, "--body-file", "-")
	default:
		_, err = gh(ctx, "", "issue", "close", open, "--comment", "AWS is what the code says again.")
	}
	return err
}

func shortened(body string) string {
	const notice = "\n\n…and more: see the summary of the job."
	if len(body) <= maxBody {
		return body
	}
	return strings.ToValidUTF8(body[:maxBody-len(notice)], "") + notice
}
