package terraform

import "context"

// Init downloads the provider and opens the state backend. It is harmless to repeat.
func (r Runner) Init(ctx context.Context, args ...string) error {
	return r.run(ctx, append([]string{"init"}, args...)...)
}

// Validate checks the configuration against the provider's schema, without any credentials.
func (r Runner) Validate(ctx context.Context) error {
	return r.run(ctx, "validate")
}

// Plan writes the plan to a file and says whether it changes anything. The file may hold sensitive values.
// Extra arguments go to terraform as they are: -var-file=…, -destroy, -refresh=false.
func (r Runner) Plan(ctx context.Context, planFile string, args ...string) (changes bool, err error) {
	const changesPresent = 2 // what -detailed-exitcode means by it
	err = r.run(ctx, append([]string{"plan", "-detailed-exitcode", parallelism, "-out=" + planFile}, args...)...)
	if exitCode(err) == changesPresent {
		return true, nil
	}
	return false, err
}

// Apply does exactly what a plan file says. Values of ephemeral variables are not in a plan,
// so the variable arguments given to Plan are given again here.
func (r Runner) Apply(ctx context.Context, planFile string, args ...string) error {
	arguments := append([]string{"apply", parallelism}, args...)
	return r.run(ctx, append(arguments, planFile)...)
}

// Destroy removes everything in the state without asking.
func (r Runner) Destroy(ctx context.Context, args ...string) error {
	return r.run(ctx, append([]string{"destroy", "-auto-approve", parallelism}, args...)...)
}
