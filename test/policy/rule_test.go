//go:build live

package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rule is one control: data that says what must hold, and so also how to break it.
type rule struct {
	id, title string   // AWS's own
	in        []string // the stacks where it must hold; each must have something that it is about
	kind      string   // the type of resource that it is about
	// through is the type that has the property for it, and names it: a bucket's public access block.
	through string
	want    []property
	// check is for what no property says: empty, or what is wrong.
	check     func(s *stack, r *resource) string
	mutations []mutation // how to break what check looks at
}

// property is a value that a resource must have.
type property struct {
	path string
	is   func(value any) bool
	says string // what it must be, in a word
	bad  any
	// unset is fine: AWS's own default holds.
	unset bool
}

// mutation breaks one thing that a check protects. It returns false where there is nothing of the kind.
type mutation struct {
	name string
	do   func(s *stack, r *resource) bool
}

// finding is one resource that a rule does not like. Two rules may share a practice's id; titles are their own.
type finding struct{ rule, title, address, what string }

// source is AWS's page about the control.
func (r *rule) source() string {
	service, number, control := strings.Cut(strings.ToLower(r.id), ".")
	if control {
		return fmt.Sprintf("https://docs.aws.amazon.com/securityhub/latest/userguide/%s-controls.html#%s-%s", service, service, number)
	}
	return "https://docs.aws.amazon.com/wellarchitected/latest/framework/" + practicePages()[r.id] + ".html"
}

// practicePages are the pages of best practices, by id. https://docs.aws.amazon.com/wellarchitected/latest/framework/security.html
func practicePages() map[string]string {
	return map[string]string{
		"SEC02-BP03": "sec_identities_secrets",
		"SEC03-BP02": "sec_permissions_least_privileges",
		"SEC03-BP05": "sec_permissions_define_guardrails",
		"SEC03-BP07": "sec_permissions_analyze_cross_account",
		"SEC04-BP01": "sec_detect_investigate_events_app_service_logging",
		"SEC05-BP02": "sec_network_protection_layered",
		"SEC08-BP02": "sec_protect_data_rest_encrypt",
		"SEC09-BP02": "sec_protect_data_transit_encrypt",
	}
}

// findings are what the rule does not like in a stack. A stack without anything to look at is a fault as well.
func (r *rule) findings(s *stack) (found []finding) {
	if !slices.Contains(r.in, s.Name) {
		return nil
	}
	subjects := s.of(r.kind)
	if len(subjects) == 0 {
		return []finding{{r.id, r.title, r.kind, "there is none to look at"}}
	}
	for _, subject := range subjects {
		for _, what := range r.faults(s, subject) {
			found = append(found, finding{r.id, r.title, subject.Address, what})
		}
	}
	return found
}

func (r *rule) faults(s *stack, subject *resource) (faults []string) {
	bearers := r.bearers(s, subject)
	if len(bearers) == 0 {
		return []string{"no " + r.through + " names it"}
	}
	for _, bearer := range bearers {
		for _, p := range r.want {
			for _, path := range expand(bearer.Values, p.path) {
				if value := bearer.get(path); !p.holds(value) {
					faults = append(faults, fmt.Sprintf("%s is %v, want %s", path, value, p.says))
				}
			}
		}
	}
	if r.check != nil {
		if what := r.check(s, subject); what != "" {
			faults = append(faults, what)
		}
	}
	return faults
}

// bearers are the resources that have the properties: the subject itself, or those that name it.
func (r *rule) bearers(s *stack, subject *resource) []*resource {
	if r.through == "" {
		return []*resource{subject}
	}
	return slices.DeleteFunc(s.of(r.through), func(other *resource) bool { return !other.refersTo(subject) })
}

func (p property) holds(value any) bool { return value == nil && p.unset || p.is(value) }

// The properties that rules are made of.

func yes(path string) property {
	return property{path: path, is: func(v any) bool { return v == true || v == "true" }, says: "true", bad: false}
}

func no(path string) property {
	return property{path: path, is: func(v any) bool { return v == false }, says: "false", bad: true}
}

func equal(path string, want, bad any) property {
	return property{path: path, is: func(v any) bool { return v == want }, says: fmt.Sprint(want), bad: bad}
}

func atLeast(path string, least, bad float64) property {
	return property{path: path, is: func(v any) bool { n, ok := v.(float64); return ok && n >= least }, says: fmt.Sprint("at least ", least), bad: bad}
}

func matching(path, pattern, bad string) property {
	expression := regexp.MustCompile(pattern)
	return property{path: path, is: func(v any) bool { s, ok := v.(string); return ok && expression.MatchString(s) }, says: pattern, bad: bad}
}

// absent is a property that must not be there.
func absent(path string, bad any) property {
	return property{path: path, is: func(v any) bool { return v == nil }, says: "unset", bad: bad, unset: true}
}
