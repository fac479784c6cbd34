package main

import (
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

func TestAProtectedEnvironmentIsNotTakenApart(t *testing.T) {
	plan := func(action tfjson.Action, before map[string]any) *tfjson.Plan {
		return &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
			{Address: "aws_db_instance.main", Change: &tfjson.Change{Actions: tfjson.Actions{action}, Before: before}},
		}}
	}
	protected := map[string]any{"deletion_protection": true}
	err := checkUnprotected("production", plan(tfjson.ActionDelete, protected))
	if err == nil || !strings.Contains(err.Error(), "aws_db_instance.main") || !strings.Contains(err.Error(), "deletion_protection = false in production.tfvars") {
		t.Errorf("removal of a protected database: %v", err)
	}
	for name, harmless := range map[string]*tfjson.Plan{
		"not removed":   plan(tfjson.ActionUpdate, protected),
		"not protected": plan(tfjson.ActionDelete, map[string]any{"deletion_protection": false}),
	} {
		if err := checkUnprotected("production", harmless); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
