//go:build live

package policy

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// stack is a plan as rules see it.
type stack struct {
	Name      string
	Resources []*resource
}

// resource is one planned resource or data source.
type resource struct {
	Address, Kind string // data sources' kinds start with "data."
	// Values are as they will be; what only an apply tells is missing. Documents in JSON are decoded.
	Values map[string]any
	// References are the addresses that each configured argument names; one that names none is there and empty.
	References map[string][]string
}

// documents are the arguments that hold JSON.
func documents() []string { return []string{"container_definitions", "policy", "assume_role_policy"} }

// stackOf reads a plan: what it changes, what stays, and what it has read.
func stackOf(name string, plan *tfjson.Plan) *stack {
	s := &stack{Name: name}
	references := map[string]map[string][]string{}
	for _, configured := range plan.Config.RootModule.Resources {
		references[configured.Address] = referencesOf(configured.Expressions)
	}
	add := func(address, kind string, values any) {
		known, _ := values.(map[string]any)
		s.Resources = append(s.Resources, &resource{address, kind, decoded(known), references[withoutIndex(address)]})
	}
	for _, change := range plan.ResourceChanges {
		if change.Mode == tfjson.DataResourceMode {
			add(change.Address, "data."+change.Type, change.Change.After)
		} else if !change.Change.Actions.Delete() {
			add(change.Address, change.Type, change.Change.After)
		}
	}
	if plan.PriorState != nil && plan.PriorState.Values != nil {
		for _, read := range plan.PriorState.Values.RootModule.Resources {
			if read.Mode == tfjson.DataResourceMode {
				add(read.Address, "data."+read.Type, read.AttributeValues)
			}
		}
	}
	return s
}

func referencesOf(expressions map[string]*tfjson.Expression) map[string][]string {
	found := map[string][]string{}
	for argument, expression := range expressions {
		found[argument] = expression.References
		for _, block := range expression.NestedBlocks {
			for _, references := range referencesOf(block) {
				found[argument] = append(found[argument], references...)
			}
		}
	}
	return found
}

func decoded(values map[string]any) map[string]any {
	values = maps.Clone(values)
	for _, argument := range documents() {
		text, _ := values[argument].(string)
		var document any
		if json.Unmarshal([]byte(text), &document) == nil {
			values[argument] = document
		}
	}
	return values
}

func withoutIndex(address string) string {
	return regexp.MustCompile(`\[.*\]$`).ReplaceAllString(address, "")
}

// of are the resources of a kind.
func (s *stack) of(kind string) (found []*resource) {
	for _, r := range s.Resources {
		if r.Kind == kind {
			found = append(found, r)
		}
	}
	return found
}

// refersTo says whether an argument names another resource.
func (r *resource) refersTo(other *resource) bool {
	for _, references := range r.References {
		if slices.Contains(references, withoutIndex(other.Address)) {
			return true
		}
	}
	return false
}

// clone is a copy to break.
func (s *stack) clone() *stack {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // it came from JSON
	}
	copied := new(stack)
	if err := json.Unmarshal(data, copied); err != nil {
		panic(err)
	}
	return copied
}

// remove takes resources away.
func (s *stack) remove(gone ...*resource) {
	s.Resources = slices.DeleteFunc(s.Resources, func(r *resource) bool { return slices.Contains(gone, r) })
}

// text is a value that is a string, else empty.
func (r *resource) text(path string) string {
	value, _ := r.get(path).(string)
	return value
}

func (r *resource) get(path string) any { return lookUp(r.Values, strings.Split(path, ".")) }
