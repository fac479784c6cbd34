package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/agentteam/agentteam/internal/terraform"
)

// explain adds what to do to an error of terraform that has a known way out.
func explain(err error, dir string) error {
	var failed *terraform.Error
	if !errors.As(err, &failed) {
		return err
	}
	if advice := remedy(failed.Diagnostics, dir); advice != "" {
		return fmt.Errorf("%w\n\nWhat to do: %s", err, advice)
	}
	return err
}

// remedy knows terraform's diagnostics by their headlines, which have been stable for years. Terraform
// breaks lines where it likes, so they are compared with every run of space as one.
func remedy(diagnostics, dir string) string {
	text := strings.Join(strings.Fields(strings.ReplaceAll(diagnostics, "│", " ")), " ")
	switch {
	case strings.Contains(text, "Error acquiring the state lock"):
		return "another run holds the state; wait until it ends and run this again. If that run died, release its lock:\n" +
			fmt.Sprintf("  terraform -chdir=%s force-unlock %s", dir, lockID(text))
	case strings.Contains(text, "S3 bucket") && strings.Contains(text, "does not exist"):
		return "the state bucket is made once per account, by: agentteam bootstrap"
	case strings.Contains(text, "nvalid value for"), strings.Contains(text, "Unsuitable value for"),
		strings.Contains(text, "No value for required variable"):
		return "correct the value in terraform.tfvars, in the environment's own .tfvars file or in TF_VAR_…; nothing was changed"
	case strings.Contains(text, "Ephemeral Resource Parameter") && strings.Contains(text, "couldn't find resource"):
		return "a new environment has no secrets to keep: set secrets_version = 1 for its first deployment"
	case strings.Contains(text, "Instance cannot be destroyed"):
		return "this resource is protected on purpose, and nothing was changed. Its lifecycle block must go first"
	case strings.Contains(text, "Failed to query available provider packages"):
		return "terraform could not reach the provider registry: check the network or put a mirror into ~/.terraform.d/plugins"
	default:
		return ""
	}
}

func lockID(text string) string {
	match := regexp.MustCompile(`Lock Info: ID: (\S+)`).FindStringSubmatch(text)
	if match == nil {
		return "LOCK_ID"
	}
	return match[1]
}
