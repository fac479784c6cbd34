package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/agentteam/agentteam/internal/terraform"
)

// deployChanged deploys what was deployed before only if terraform finds a change: it finds none in a third of the time
// that cdktf takes. A plan that fails is left to cdktf, whose errors are explained.
func (c cdktf) deployChanged(ctx context.Context, d deployment) error {
	tf := c.project.runner(c.terraform, d.stack)
	tf.Env, tf.Output = append(slices.Clone(tf.Env), d.env...), nil
	watch := newProgress(c.project.out, d.stack)
	if resources, err := tf.Resources(ctx); err != nil || len(resources) == 0 {
		return c.deploy(ctx, d)
	}
	if changed, err := c.project.changes(ctx, tf, d.stack); err != nil || changed {
		return c.deploy(ctx, d)
	}
	watch.printf("done: nothing to change")
	return nil
}

// changes plans with the same values as cdktf. The plan may hold sensitive values, and nobody needs it.
func (p *project) changes(ctx context.Context, tf terraform.Runner, name string) (bool, error) {
	if err := tf.Init(ctx); err != nil {
		return false, err
	}
	file := filepath.Join(tf.Dir, "unchanged.tfplan")
	defer os.Remove(file)
	var values []string
	for _, given := range p.variableFiles(name) {
		values = append(values, "-var-file="+given)
	}
	changed, err := tf.Plan(ctx, file, values...)
	if err != nil {
		return false, fmt.Errorf("plan %s: %w", name, err)
	}
	return changed, nil
}
