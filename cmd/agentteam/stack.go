package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
	return s, explain(s.initialize(ctx), p.stackDir(name))
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
