package constructs

// AccountVariables are the defaults of the account stack's Terraform variables.
type AccountVariables struct {
	Common
	GitHubRepository string // owner/name whose workflows may deploy; empty for none
}

// NewAccountVariables declares the variables of the account stack.
func NewAccountVariables(in Scope, p AccountVariables) {
	declareAll(in, p.inputs())
	declareAll(in, []input{
		{"github_repository", "string", "GitHub repository, owner/name, whose workflows may deploy. Empty: none may.", p.GitHubRepository, []rule{
			matches("github_repository", "^([A-Za-z0-9-]+/[A-Za-z0-9._-]+)?$", "owner/name, or empty for no deploy role"),
		}},
	})
}
