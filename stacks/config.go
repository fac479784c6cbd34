package stacks

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/agentteam/agentteam/constructs"
)

// Config is every choice one environment makes. All of them but the state's place are defaults of
// Terraform variables, so a tfvars file can still change them at plan time without another synth.
type Config struct {
	State     State
	Variables constructs.VariablesProps
}

// State is where Terraform keeps what it knows about a stack.
type State struct {
	Bucket string // S3 bucket; its name is taken world-wide, so choose your own
	Region string // AWS region of the bucket
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// Validate reports everything in the configuration that Terraform could not report later: what has to
// be right before there are variables. Values of variables are Terraform's to validate, once, where
// tfvars files meet the same rules.
func (c Config) Validate() error {
	return errors.Join(c.State.validate(), required("Environment", c.Variables.Environment))
}

func (s State) validate() error {
	if !bucketName.MatchString(s.Bucket) {
		return fmt.Errorf("state bucket must be 3 to 63 lower-case letters, digits and hyphens, got %q: change it in stacks/environments.go", s.Bucket)
	}
	return required("State.Region", s.Region)
}

func required(field, value string) error {
	if value == "" {
		return fmt.Errorf("%s must not be empty: set it in stacks/environments.go", field)
	}
	return nil
}
