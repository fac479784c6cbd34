//go:build live

package policy

// Parameters of the plan have no value: it passes through write-only arguments, which no plan shows.
func secretRules() []rule {
	return []rule{
		{
			id: "SEC02-BP03", title: "Store and use secrets securely: parameters are encrypted, and no plan or state has their values",
			in: everyEnvironment(), kind: "aws_ssm_parameter",
			want: []property{equal("type", "SecureString", "String"), absent("value", "hunter2"), absent("insecure_value", "hunter2"), absent("value_wo", "hunter2")},
		},
		{
			id: "SEC02-BP03", title: "Store and use secrets securely: no plan or state has the database's password",
			in: everyEnvironment(), kind: "aws_db_instance",
			want: []property{absent("password", "hunter2"), absent("password_wo", "hunter2")},
		},
	}
}
