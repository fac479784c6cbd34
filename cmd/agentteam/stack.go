package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/agentteam/agentteam/internal/terraform"
)

// stack is one synthesized stack with its state backend open.
type stack struct {
	name      string
	terraform terraform.Runner
	planFile  string
	variables []string // -var-file arguments
	out       io.Writer
}

// openStack synthesizes, says where it is about to work, and initializes terraform there.
func openStack(ctx context.Context, name string, out io.Writer) (*stack, error) {
	p, err := openProject(out)
	if err != nil {
		return nil, err
	}
	binary, err := p.tools.Terraform(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.synthStack(ctx, name); err != nil {
		return nil, err
	}
	target, err := whoami(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "%s: %s\n", name, target)
	s := &stack{name: name, terraform: p.runner(binary, name), out: out,
		planFile: filepath.Join(p.stackDir(name), "plan.tfplan")}
	for _, file := range p.variableFiles(name) {
		s.variables = append(s.variables, "-var-file="+file)
	}
	if err := s.initialize(ctx); err != nil {
		return nil, explain(err, p.stackDir(name))
	}
	return s, explain(s.keepImages(ctx), p.stackDir(name))
}

// imageTag is both the variable and the output of an environment.
const imageTag = "image_tag"

// keepImages makes the images that run the default: a change of something else must not take the services back to the first
// ones. A tfvars file, the caller's own TF_VAR_image_tag and useImages win.
func (s *stack) keepImages(ctx context.Context) error {
	outputs, err := s.terraform.Outputs(ctx)
	if err != nil {
		return err
	}
	running, found := outputs[imageTag]
	if !found {
		return nil // not deployed yet, or the account
	}
	if tag, isText := running.Value.(string); isText && os.Getenv("TF_VAR_"+imageTag) == "" {
		s.terraform.Env = append(slices.Clone(s.terraform.Env), "TF_VAR_"+imageTag+"="+tag)
	}
	return nil
}

// useImages wins over every file.
func (s *stack) useImages(tag string) {
	if tag != "" {
		s.variables = append(s.variables, "-var="+imageTag+"="+tag)
	}
}

func (p *project) runner(binary, name string) terraform.Runner {
	return terraform.Runner{Binary: binary, Dir: p.stackDir(name), Env: p.env, Output: p.out}
}

// initialize keeps terraform's page of greetings from between the target line and the plan.
func (s *stack) initialize(ctx context.Context) error {
	quiet := s.terraform
	quiet.Output = nil
	return quiet.Init(ctx)
}

// plan shows the plan and says whether it changes anything.
func (s *stack) plan(ctx context.Context, args ...string) (bool, error) {
	changes, err := s.terraform.Plan(ctx, s.planFile, append(args, s.variables...)...)
	return changes, explain(err, s.terraform.Dir)
}

// apply does what plan showed. The plan file goes: it may hold sensitive values, and it is spent.
func (s *stack) apply(ctx context.Context) error {
	defer os.Remove(s.planFile)
	return explain(s.terraform.Apply(ctx, s.planFile, s.variables...), s.terraform.Dir)
}
