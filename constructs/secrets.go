package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawscalleridentity"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawspartition"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ssmparameter"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/agentteam/agentteam/contract"
)

// Secrets are the SSM parameters that ECS injects into the tasks. No value of theirs is ever in a state
// or plan file: values travel through ephemeral resources and write-only arguments alone.
// https://developer.hashicorp.com/terraform/language/manage-sensitive-data
//
// One number, var.secrets_version, writes all but the credentials' key: raising it gives the database and the
// services new generated secrets, and each key of a model or identity provider the value that is passed, or else
// the one it has.
type Secrets struct {
	arns map[string]X // by environment variable
	// DatabasePassword reads the stored password back, so that the database gets the very value.
	DatabasePassword X
}

// NewSecrets declares the parameters below /<prefix>/. The database adds its URL with Add.
func NewSecrets(in Scope) *Secrets {
	declare(in, "current", dataawscalleridentity.NewDataAwsCallerIdentity, &dataawscalleridentity.DataAwsCallerIdentityConfig{})
	declare(in, "current", dataawspartition.NewDataAwsPartition, &dataawspartition.DataAwsPartitionConfig{})
	secrets := &Secrets{arns: map[string]X{}}

	secrets.given(in, contract.SupabaseURL, "supabase_url", "supabase/url")
	secrets.given(in, contract.SupabaseAnonKey, "supabase_anon_key", "supabase/anon-key")
	secrets.given(in, contract.SupabaseServiceRoleKey, "supabase_service_role_key", "supabase/service-role-key")
	secrets.given(in, contract.OpenAIAPIKey, "openai_api_key", "openai/api-key")
	secrets.given(in, contract.AnthropicAPIKey, "anthropic_api_key", "anthropic/api-key")

	secrets.arns[contract.CredentialsKey] = kept(in, "credentials_key", "credentials/key")
	secrets.arns[contract.InternalAuthKey] = generated(in, "internal_auth_key", "internal/auth-key")
	password := generated(in, "db_password", "database/password")
	ephemeral(in, "aws_ssm_parameter", "db_password", map[string]any{"arn": password.Str()})
	secrets.DatabasePassword = "ephemeral.aws_ssm_parameter.db_password.value"
	return secrets
}

// Add declares one more parameter, for a value that another construct composes.
func (s *Secrets) Add(in Scope, variable, name, path string, value *string) {
	s.arns[variable] = secureString(in, name, path, value)
}

// ARN is the parameter that holds an environment variable's value, and whether there is one.
func (s *Secrets) ARN(variable string) (arn X, found bool) {
	arn, found = s.arns[variable]
	return arn, found
}

// given declares a parameter whose value comes from an input variable of the same name. Without a
// value, the first version says UNSET and a later one keeps what the parameter holds: so neither plan,
// nor rotation, nor destroy needs anybody's key at hand.
func (s *Secrets) given(in Scope, variable, name, path string) {
	ephemeral(in, "aws_ssm_parameter", name, map[string]any{
		"count": "${var.secrets_version > 1 ? 1 : 0}",
		"arn":   parameterARN(path),
	})
	value := X(`coalesce(var.` + name + `, one(ephemeral.aws_ssm_parameter.` + name + `[*].value), "` + contract.Unset + `")`)
	s.arns[variable] = secureString(in, name, path, value.Str())
}

// generated declares a parameter with a random value that nobody has to know. Letters and digits only,
// so that it can stand in a URL.
func generated(in Scope, name, path string) (arn X) {
	return secureString(in, name, path, random(in, name).Str())
}

// kept declares a parameter with a random key of 32 bytes, written when the parameter is made and never again, since
// without it nothing opens what it has sealed. Whatever changes here later passes such a parameter by: the provider
// writes the value with every change of a parameter.
func kept(in Scope, name, path string) (arn X) {
	declare(in, name, ssmparameter.NewSsmParameter, &ssmparameter.SsmParameterConfig{
		Name:           text("/${local.prefix}/%s", path),
		Type:           new("SecureString"),
		ValueWo:        X("base64sha256(" + string(random(in, name)) + ")").Str(),
		ValueWoVersion: new(1.0),
		Lifecycle:      &cdktf.TerraformResourceLifecycle{IgnoreChanges: "all"},
	})
	return X("aws_ssm_parameter." + name + ".arn")
}

// random is 40 letters and digits, 238 bits, new in each run of Terraform.
func random(in Scope, name string) X {
	ephemeral(in, "aws_secretsmanager_random_password", name, map[string]any{
		"password_length": 40, "exclude_punctuation": true,
	})
	return X("ephemeral.aws_secretsmanager_random_password." + name + ".random_password")
}

func secureString(in Scope, name, path string, value *string) (arn X) {
	declare(in, name, ssmparameter.NewSsmParameter, &ssmparameter.SsmParameterConfig{
		Name:           text("/${local.prefix}/%s", path),
		Type:           new("SecureString"),
		ValueWo:        value,
		ValueWoVersion: X("var.secrets_version").Num(),
	})
	return X("aws_ssm_parameter." + name + ".arn")
}

// parameterARN is the address of a parameter of this environment, whether or not it exists yet; "*" is all of them.
func parameterARN(path string) string {
	return inAccount("ssm:${var.aws_region}", "parameter/${local.prefix}/"+path)
}

// ephemeral declares a resource that Terraform opens for each run and never stores. The bindings do not
// know the block, Terraform's JSON does.
func ephemeral(in Scope, kind, name string, arguments map[string]any) {
	in.Stack.AddOverride(text("ephemeral.%s.%s", kind, name), arguments)
}
