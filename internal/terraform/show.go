package terraform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// ShowPlan reads a plan file that Plan wrote.
func (r Runner) ShowPlan(ctx context.Context, planFile string) (*tfjson.Plan, error) {
	return readJSON[tfjson.Plan](ctx, r, "show", "-json", planFile)
}

// ShowState reads the current state. Values is nil when the state is empty.
func (r Runner) ShowState(ctx context.Context) (*tfjson.State, error) {
	return readJSON[tfjson.State](ctx, r, "show", "-json")
}

// Outputs reads the values of the outputs, sensitive ones included.
func (r Runner) Outputs(ctx context.Context) (map[string]*tfjson.StateOutput, error) {
	outputs, err := readJSON[map[string]*tfjson.StateOutput](ctx, r, "output", "-json")
	if err != nil {
		return nil, err
	}
	return *outputs, nil
}

// Eval prints an expression's value as `terraform console` does, with the variables given by -var or -var-file.
func (r Runner) Eval(ctx context.Context, expression string, args ...string) (string, error) {
	out, err := r.read(ctx, strings.NewReader(expression+"\n"), append([]string{"console"}, args...)...)
	return strings.TrimSpace(string(out)), err
}

func readJSON[T any](ctx context.Context, r Runner, args ...string) (*T, error) {
	out, err := r.read(ctx, nil, args...)
	if err != nil {
		return nil, err
	}
	value := new(T)
	if err := json.Unmarshal(out, value); err != nil {
		return nil, fmt.Errorf("terraform %s in %s printed JSON that cannot be read: %w", args[0], r.Dir, err)
	}
	return value, nil
}

// Resources are the addresses of the managed resources in the state. It needs no provider, so it is quick.
func (r Runner) Resources(ctx context.Context) ([]string, error) {
	out, err := r.read(ctx, nil, "state", "list")
	if failed := (*Error)(nil); errors.As(err, &failed) && strings.Contains(failed.Diagnostics, "No state file was found") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var managed []string
	for address := range strings.Lines(string(out)) {
		if !strings.HasPrefix(address, "data.") {
			managed = append(managed, strings.TrimSpace(address))
		}
	}
	return managed, nil
}
