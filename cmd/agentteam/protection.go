package main

import (
	"fmt"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// checkUnprotected refuses a removal before it starts. Terraform would delete everything that depends on a
// protected resource first, and learn of the protection from AWS when the services are gone.
func checkUnprotected(name string, plan *tfjson.Plan) error {
	var protected []string
	for _, change := range plan.ResourceChanges {
		before, _ := change.Change.Before.(map[string]any)
		if change.Change.Actions.Delete() && (before["deletion_protection"] == true || before["enable_deletion_protection"] == true) {
			protected = append(protected, change.Address)
		}
	}
	if len(protected) == 0 {
		return nil
	}
	return fmt.Errorf("%s is protected against removal, and nothing was changed: %s\n\nWhat to do: set deletion_protection = false in %s.tfvars, "+
		"deploy that, and destroy then", name, strings.Join(protected, ", "), name)
}
