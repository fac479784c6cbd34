package constructs

// VariablesProps are an environment's defaults of its Terraform variables: what holds unless a tfvars
// file or TF_VAR_… says otherwise at plan time. The descriptions and bounds are in the variables
// themselves, in the file of the same part.
type VariablesProps struct {
	Common
	Network
	Compute
	Scaling
	Data
	Monitoring
}

// Common are the variables that every stack has.
type Common struct {
	Region      string
	ProjectName string
	Environment string
}

// NewVariables declares the variables of an environment.
func NewVariables(in Scope, p VariablesProps) {
	declareAll(in, p.Common.inputs())
	declareAll(in, p.Network.inputs())
	declareAll(in, p.Compute.inputs())
	declareAll(in, p.Scaling.inputs())
	declareAll(in, p.Data.inputs())
	declareAll(in, p.Monitoring.inputs())
	secretVariables(in)
}

func (c Common) inputs() []input {
	return []input{
		{"aws_region", "string", "AWS region of everything in this stack.", c.Region, []rule{
			matches("aws_region", "^[a-z]{2}(-[a-z]+)+-[0-9]$", "an AWS region such as us-east-1"),
		}},
		{"project_name", "string", "First half of every resource name.", c.ProjectName, []rule{
			nameRule("project_name", ProjectNameLimit),
			{`!can(regex("^(aws|ssm|internal-|sg-)|^(internal|sg)$", var.project_name))`,
				`project_name must not start with aws, ssm, internal- or sg-, which AWS keeps to itself, got "${var.project_name}".`},
		}},
		{"environment", "string", "Second half of every resource name.", c.Environment, []rule{
			nameRule("environment", EnvironmentNameLimit),
		}},
	}
}
