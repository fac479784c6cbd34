// Package stacks assembles the constructs into the stacks that are deployed: one per environment, and
// one per AWS account for what the environments share.
package stacks

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// LocalStateVariable, set to LocalStateValue, makes the account stack keep its state in a file. The
// first run needs it, since the bucket does not exist yet; the second moves the state there.
const (
	LocalStateVariable = "AGENTTEAM_STATE"
	LocalStateValue    = "local"
)

// Declare declares every stack, or none: it reports all faults of all configurations at once.
func Declare(app cdktf.App, getenv func(string) string) error {
	localState, err := localState(getenv)
	errs := []error{err}
	for _, c := range Environments() {
		if err := c.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.Variables.Environment, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	NewAccount(app, AccountConfig{State: state(), LocalState: localState})
	for _, c := range Environments() {
		NewEnvironment(app, c)
	}
	return nil
}

func localState(getenv func(string) string) (bool, error) {
	switch value := getenv(LocalStateVariable); value {
	case "":
		return false, nil
	case LocalStateValue:
		return true, nil
	default:
		return false, fmt.Errorf("%s must be %q or unset, got %q", LocalStateVariable, LocalStateValue, value)
	}
}
