package main

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The workflows may do what they need and nothing else, and a person can do by hand whatever they do.

type workflow struct {
	Permissions map[string]string
	Jobs        map[string]job
}

type job struct {
	If          string
	Uses        string
	With        map[string]string
	Permissions map[string]string
	Environment string
	Concurrency struct {
		Group  string
		Cancel bool `yaml:"cancel-in-progress"`
	}
	Steps []struct {
		Uses, Run string
		With      map[string]string
	}
}

func workflows(t *testing.T) (texts map[string]string, parsed map[string]workflow) {
	t.Helper()
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) < 5 {
		t.Fatalf("workflows: %v, %v", files, err)
	}
	texts, parsed = map[string]string{}, map[string]workflow{}
	for _, file := range files {
		var w workflow
		texts[file] = read(t, file)
		if err := yaml.Unmarshal([]byte(texts[file]), &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		parsed[filepath.Base(file)] = w
	}
	return texts, parsed
}

func TestWorkflowsRunMakeTargetsAlone(t *testing.T) {
	makefile := read(t, "Makefile")
	command := regexp.MustCompile(`^(?:make|\.ci/run)((?: [a-z-]+)+| \$\{\{ matrix\.stages \}\})$`)
	_, all := workflows(t)
	for file, w := range all {
		for name, j := range w.Jobs {
			for _, step := range j.Steps {
				called := command.FindStringSubmatch(step.Run)
				if step.Run != "" && called == nil {
					t.Errorf("%s: job %s runs %q: make it a target", file, name, step.Run)
				}
				for _, target := range targets(called) {
					if !regexp.MustCompile(`(?m)^` + target + `:`).MatchString(makefile) {
						t.Errorf("%s: job %s runs make %s, which the Makefile does not have", file, name, target)
					}
				}
			}
		}
	}
}

func targets(called []string) []string {
	if called == nil || strings.Contains(called[1], "matrix") {
		return nil // .ci/run calls make, which refuses an unknown one
	}
	return strings.Fields(called[1])
}

func TestWorkflowsPinActionsByCommit(t *testing.T) {
	pinned := regexp.MustCompile(`^(?:\./|[\w-]+/[\w-]+@[0-9a-f]{40}$)`)
	_, all := workflows(t)
	for file, w := range all {
		for name, j := range w.Jobs {
			for _, step := range j.Steps {
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s: job %s uses %s: pin it by the commit's whole hash", file, name, step.Uses)
				}
			}
		}
	}
}

// writes are all the permissions to write that there are.
func writes() map[string][]string {
	return map[string][]string{
		"plan.yml plan": {"id-token", "pull-requests"}, "drift.yml drift": {"id-token", "issues"},
		"deploy.yml images": {"id-token"}, "environment.yml deploy": {"id-token"},
		"deploy.yml development": {"id-token"}, "deploy.yml staging": {"id-token"}, "deploy.yml production": {"id-token"},
	}
}

func TestWorkflowsMayDoLittle(t *testing.T) {
	_, all := workflows(t)
	for file, w := range all {
		if w.Permissions == nil {
			t.Errorf("%s: without permissions of its own a workflow has the repository's default", file)
		}
		for name, j := range w.Jobs {
			for scope, access := range j.Permissions {
				if access != "read" && !slices.Contains(writes()[file+" "+name], scope) {
					t.Errorf("%s: job %s has %s: %s", file, name, scope, access)
				}
			}
		}
		for scope, access := range w.Permissions {
			if scope != "contents" || access != "read" {
				t.Errorf("%s has %s: %s for all its jobs", file, scope, access)
			}
		}
	}
}

func TestWorkflowsAssumeTheRolesThatTrustThem(t *testing.T) {
	_, all := workflows(t)
	deploy, plan := trusted(t, "deploy_trust"), trusted(t, "plan_trust")
	for _, name := range []string{"development", "staging", "production"} {
		j := all["deploy.yml"].Jobs[name]
		if j.With["environment"] != name || !slices.Contains(deploy, "environment:"+name) {
			t.Errorf("job %s deploys %q; the deploy role trusts %q", name, j.With["environment"], deploy)
		}
	}
	if !slices.Contains(deploy, "ref:refs/heads/main") || !strings.Contains(all["deploy.yml"].Jobs["images"].If, "github.ref == 'refs/heads/main'") {
		t.Errorf("images are pushed from main; the deploy role trusts %q", deploy)
	}
	j := all["plan.yml"].Jobs["plan"]
	if !slices.Equal(plan, []string{"ref:refs/heads/main", "environment:" + j.Environment}) {
		t.Errorf("the plan role trusts %q, and the environment is %q", plan, j.Environment)
	}
	if !strings.Contains(j.If, "head.repo.full_name == github.repository") {
		t.Errorf("a fork's pull request is planned if %q", j.If)
	}
	for file, w := range all {
		for name, j := range w.Jobs {
			for _, step := range j.Steps {
				role := step.With["role-to-assume"]
				if deploys := file == "deploy.yml" || file == "environment.yml"; role != "" && deploys != strings.Contains(role, "DEPLOY_ROLE_ARN") {
					t.Errorf("%s: job %s assumes %s", file, name, role)
				}
			}
		}
	}
}

// trusted are the ends of the subjects that a role's trust names, as the account's golden has them.
func trusted(t *testing.T, document string) (subjects []string) {
	t.Helper()
	var account struct {
		Data struct {
			Documents map[string]struct {
				Statement []struct {
					Condition []struct {
						Variable string
						Values   []string
					}
				}
			} `json:"aws_iam_policy_document"`
		}
	}
	if err := json.Unmarshal([]byte(read(t, "testdata/account.json")), &account); err != nil {
		t.Fatal(err)
	}
	for _, s := range account.Data.Documents[document].Statement {
		for _, c := range s.Condition {
			for _, value := range c.Values {
				if subject, found := strings.CutPrefix(value, "repo:${var.github_repository}:"); found && strings.HasSuffix(c.Variable, ":sub") {
					subjects = append(subjects, subject)
				}
			}
		}
	}
	return subjects
}

func TestADeploymentIsNeverCutOff(t *testing.T) {
	_, all := workflows(t)
	guard := all["environment.yml"].Jobs["deploy"].Concurrency
	if guard.Cancel || guard.Group != "deploy-${{ inputs.environment }}" {
		t.Errorf("deployments of an environment are guarded by %+v", guard)
	}
}

func TestWhatWorkflowsAreToldIsDocumented(t *testing.T) {
	guide := read(t, "docs/pipeline.md")
	texts, _ := workflows(t)
	seen := 0
	for file, text := range texts {
		for _, name := range regexp.MustCompile(`\b(?:vars|secrets)\.(\w+)`).FindAllStringSubmatch(text, -1) {
			if seen++; !strings.Contains(guide, "| `"+name[1]+"` |") {
				t.Errorf("%s reads %s, for which docs/pipeline.md has no row", file, name[0])
			}
		}
	}
	if seen == 0 {
		t.Error("no workflow reads a variable: the test looks at nothing")
	}
}
