package constructs

import "github.com/agentteam/agentteam/contract"

// secretVariables declares the secrets' version and the keys that only the user has. Their values pass
// through Terraform without being stored; the version is what makes it write them.
func secretVariables(in Scope) {
	whole("secrets_version", "Version of all secrets. 1 in a new environment; raise it by one to rotate them all.", 1, "1", "1000000", "(start at 1, and raise it by one to rotate)").declare(in)
	for _, i := range []input{
		{name: "supabase_url", description: "Base URL of the Supabase project that signs users in.", rules: []rule{
			secretMatches("supabase_url", "^(https?://[^ ]+)?$", "a URL such as https://project.supabase.co")}},
		{name: "supabase_anon_key", description: "Publishable key of the Supabase project."},
		{name: "supabase_service_role_key", description: "Secret key of the Supabase project."},
		{name: "openai_api_key", description: "OpenAI API key."},
		{name: "anthropic_api_key", description: "Anthropic API key."},
	} {
		i.kind, i.value = "string", ""
		i.description += " Empty: " + contract.Unset + " in a new environment, else what is stored; written only when secrets_version is raised."
		i.rules = append(i.rules, secretMatches(i.name, `^[^\\s]*$`, "one word without spaces or line ends"))
		i.declareSecret(in)
	}
}

// secretMatches is matches without the value in its message.
func secretMatches(name, pattern, advice string) rule {
	return rule{`can(regex("` + pattern + `", var.` + name + `))`, name + " must be " + advice + ", or empty."}
}
