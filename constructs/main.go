package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// MainProps says where a stack's state lives.
type MainProps struct {
	StateBucket string // S3 bucket that the account stack creates
	StateRegion string // region of that bucket, whatever region the stack itself uses
	StateKey    string // object key; one per stack, or two stacks overwrite each other's state
	// LocalState keeps the state in a file: the account stack's first run, when the bucket is yet to be made.
	LocalState bool
}

// NewMain declares what every stack starts with: the state backend, the versions it needs, the AWS
// provider with the tags of everything, and the name prefix. It needs the variables aws_region,
// project_name and environment.
func NewMain(in Scope, p MainProps) {
	backend(in, p)
	versions(in)
	provider.NewAwsProvider(in.Stack, new("aws"), &provider.AwsProviderConfig{
		Region: X("var.aws_region").Str(),
		DefaultTags: []*provider.AwsProviderDefaultTags{{Tags: &map[string]*string{
			"Project":     X("var.project_name").Str(),
			"Environment": X("var.environment").Str(),
			"ManagedBy":   new("terraform"),
		}}},
	})
	local(in, "prefix", `join("-", [var.project_name, var.environment])`)
}

func backend(in Scope, p MainProps) {
	if p.LocalState {
		cdktf.NewLocalBackend(in.Stack, &cdktf.LocalBackendConfig{})
		return
	}
	s3 := cdktf.NewS3Backend(in.Stack, &cdktf.S3BackendConfig{
		Bucket:  &p.StateBucket,
		Key:     &p.StateKey,
		Region:  &p.StateRegion,
		Encrypt: new(true),
	})
	// The lock is an object beside the state: no DynamoDB table. The binding does not know it yet.
	s3.AddOverride(new("use_lockfile"), true)
}

// versions replaces the bindings' exact provider pin: any 5.x that has the write-only arguments does,
// and so a mirror's version is as good as the registry's. Terraform itself must be able to lock in S3.
func versions(in Scope) {
	in.Stack.AddOverride(new("terraform.required_version"), ">= 1.11.0")
	in.Stack.AddOverride(new("terraform.required_providers.aws"), map[string]any{
		"source": "hashicorp/aws", "version": "~> 5.99",
	})
}
