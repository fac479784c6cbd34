package constructs

import (
	"fmt"

	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// input is a Terraform input variable: what kind it is, what it is for, what it is unless somebody
// says otherwise, and what values it takes.
type input struct {
	name, kind, description string
	value                   any // the default
	rules                   []rule
}

// rule is what a value must satisfy, and what to write instead when it does not.
type rule struct{ condition, message string }

func (i input) declare(in Scope) cdktf.TerraformVariable {
	config := &cdktf.TerraformVariableConfig{Type: &i.kind, Description: &i.description, Default: i.value, Nullable: new(false)}
	if len(i.rules) > 0 {
		config.Validation = i.validations()
	}
	return declare(in, i.name, cdktf.NewTerraformVariable, config)
}

func (i input) validations() *[]*cdktf.TerraformVariableValidationConfig {
	validations := make([]*cdktf.TerraformVariableValidationConfig, len(i.rules))
	for n, r := range i.rules {
		validations[n] = &cdktf.TerraformVariableValidationConfig{Condition: X(r.condition).Str(), ErrorMessage: &r.message}
	}
	return &validations
}

// declareSecret keeps the value out of every state and plan file.
func (i input) declareSecret(in Scope) {
	variable := i.declare(in)
	variable.AddOverride(new("sensitive"), true)
	variable.AddOverride(new("ephemeral"), true)
}

// whole is a variable that takes whole numbers within bounds.
func whole(name, description string, value any, low, high, unit string) input {
	return input{name, "number", description, value, []rule{between(name, low, high, unit)}}
}

func declareAll(in Scope, inputs []input) {
	for _, i := range inputs {
		i.declare(in)
	}
}

// The rules below name the variable, the bound, the value and what to write.

func matches(name, pattern, advice string) rule {
	return rule{
		condition: `can(regex("` + pattern + `", var.` + name + `))`,
		message:   name + " must be " + advice + `, got "${var.` + name + `}".`,
	}
}

func between(name, low, high, unit string) rule {
	return rule{
		condition: "var." + name + " >= " + low + " && var." + name + " <= " + high + " && floor(var." + name + ") == var." + name,
		message:   name + " must be a whole number from " + low + " to " + high + " " + unit + ", got ${var." + name + "}.",
	}
}

func oneOf(name, list, advice string) rule {
	return rule{
		condition: "contains(" + list + ", var." + name + ")",
		message:   name + " must be " + advice + `, got "${var.` + name + `}".`,
	}
}

// nameRule accepts what every AWS service accepts in a name: single hyphens, a letter first.
func nameRule(name string, limit int) rule {
	return rule{
		condition: fmt.Sprintf(`length(var.%s) >= 2 && length(var.%s) <= %d && can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.%s))`, name, name, limit, name),
		message:   fmt.Sprintf(`%s must be 2 to %d lower-case letters, digits and single hyphens, starting with a letter, got "${var.%s}".`, name, limit, name),
	}
}
