//go:build live

package commands_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/agentteam/agentteam/internal/localcloud"
)

// guideStep is how a part of docs/deploying.md is followed here: its commands as they stand there, but for what another account
// has otherwise.
type guideStep struct {
	instead [][2]string
	not     string // why it is not run; empty: it is
}

// guideSteps are all parts that have commands, by their titles.
func guideSteps(public string) map[string]guideStep {
	return map[string]guideStep{
		"Credentials.":   {instead: [][2]string{{"export AWS_PROFILE=my-profile AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1", ":"}}},
		"State bucket.":  {not: "it rewrites this repository's goldens"},
		"Account stack.": {not: "up has made it by the same command"},
		"Images.":        {not: "TestPipelineTargets does"},
		"Keys.":          {not: "they have no values to give"},
		"Plan and deploy.": {instead: [][2]string{
			{"git-$(git rev-parse --short=12 HEAD)", "$(terraform -chdir=cdktf.out/stacks/production output -raw image_tag)"},
		}},
		"DNS.":                          {not: "there is no domain"},
		"First API key.":                {},
		"Smoke test, and a first run.":  {instead: [][2]string{{"$(out api_gateway_url)", public}}},
		"## Rotating secrets":           {},
		"## Removing an environment":    {not: "cdktf does, after this"},
		"## Removing the account stack": {not: "its bucket is protected, and the steps change this repository"},
	}
}

// followGuide types the guide's commands into one shell, for development, and in the end what the pipeline does after a deployment.
func (f folder) followGuide(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Log("the guide is not followed: aws is not on the PATH")
		return
	}
	cloud, _, err := localcloud.Find(filepath.Join(f.dir, ".agentteam", "cloud"))
	if err != nil {
		t.Fatal(err)
	}
	script := "set -eo pipefail\n" + guideScript(t, cloud.Public) + `make smoke-release URL="$URL" TAG="$(out image_tag)"`
	run(t, f.command(t.Context(), "bash", "-c", script), "yes\n").want(t, 0,
		"arn:aws:", "No changes.", `"published_at"`, "event: run.completed", "event: done")
}

// guideScript are the commands that can be run here, in their order. A part that guideSteps does not know fails the test.
func guideScript(t *testing.T, public string) string {
	t.Helper()
	steps, script := guideSteps(public), &strings.Builder{}
	for _, part := range guide(t) {
		step, known := steps[part.title]
		if !known {
			t.Errorf("docs/deploying.md: nothing says how the test follows %q", part.title)
		}
		delete(steps, part.title)
		if step.not != "" {
			t.Logf("not run: %s %s", part.title, step.not)
			continue
		}
		for _, pair := range step.instead {
			if !strings.Contains(part.commands, pair[0]) {
				t.Errorf("docs/deploying.md: %q has no %q", part.title, pair[0])
			}
			part.commands = strings.ReplaceAll(part.commands, pair[0], pair[1])
		}
		fmt.Fprintf(script, "echo '== %s'\n%s", part.title, strings.ReplaceAll(part.commands, "production", "development"))
	}
	for title := range steps {
		t.Errorf("docs/deploying.md has no commands below %q", title)
	}
	return script.String()
}

type guidePart struct{ title, commands string }

// guide gives the parts of docs/deploying.md that have commands.
func guide(t *testing.T) (parts []guidePart) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "deploying.md"))
	if err != nil {
		t.Fatal(err)
	}
	title := ""
	for _, found := range regexp.MustCompile("(?ms)^(## .*?)$|^\\d+\\. \\*\\*(.*?)\\*\\*|^ *```sh\n(.*?)^ *```").FindAllStringSubmatch(string(text), -1) {
		switch {
		case found[3] == "":
			title = found[1] + found[2]
		case len(parts) > 0 && parts[len(parts)-1].title == title:
			parts[len(parts)-1].commands += found[3]
		default:
			parts = append(parts, guidePart{title, found[3]})
		}
	}
	return parts
}
