//go:build live

package policy

import (
	"fmt"
	"slices"
	"testing"
)

// checkMutations breaks every protected property of every resource in every stack, one at a time, and wants the rule
// that protects it to find it, and no other.
func checkMutations(t *testing.T, stacks map[string]*stack) {
	t.Helper()
	killed, total := 0, 0
	for _, r := range allRules() {
		broken, excepted := 0, 0
		for _, name := range r.in {
			before := findingsOf(stacks[name])
			excepted += len(r.findings(stacks[name]))
			for _, m := range r.allMutations(stacks[name]) {
				broken++
				if found := without(findingsOf(m.stack), before); alone(found, r) {
					killed++
				} else {
					t.Errorf("%s: %s: %s: found %v, want %s alone to find it", name, r.id, m.name, found, r.id)
				}
			}
		}
		total += broken
		if broken+excepted == 0 {
			t.Errorf("%s: nothing breaks it, so nothing shows that it can fail", r.id)
		}
	}
	t.Logf("mutation score: %d of %d killed (%.0f %%)", killed, total, 100*float64(killed)/float64(max(total, 1)))
}

// alone says whether a rule has found something, and no other has.
func alone(found []finding, r rule) bool {
	return len(found) > 0 && !slices.ContainsFunc(found, func(f finding) bool { return f.title != r.title })
}

// mutant is a stack with one thing broken.
type mutant struct {
	name  string
	stack *stack
}

// allMutations are the rule's own, and those that its properties say, for each resource that it is about and likes.
func (r *rule) allMutations(s *stack) (mutants []mutant) {
	for n, subject := range s.of(r.kind) {
		if len(r.faults(s, subject)) > 0 {
			continue // an exception: there is nothing left to break
		}
		for _, m := range append(r.derived(s, subject), r.mutations...) {
			broken := s.clone()
			if m.do(broken, broken.of(r.kind)[n]) {
				mutants = append(mutants, mutant{subject.Address + ": " + m.name, broken})
			}
		}
	}
	return mutants
}

// derived are the mutations that the properties say: a bad value, and none at all.
func (r *rule) derived(s *stack, subject *resource) (mutations []mutation) {
	if r.through != "" {
		mutations = append(mutations, mutation{"without " + r.through, func(s *stack, subject *resource) bool {
			s.remove(r.bearers(s, subject)...)
			return true
		}})
	}
	for n, bearer := range r.bearers(s, subject) {
		for _, p := range r.want {
			for _, path := range expand(bearer.Values, p.path) {
				mutations = append(mutations, r.setting(n, path, p.bad))
				if !p.unset {
					mutations = append(mutations, r.setting(n, path, nil))
				}
			}
		}
	}
	return mutations
}

func (r *rule) setting(bearer int, path string, value any) mutation {
	return mutation{fmt.Sprintf("%s = %v", path, value), func(s *stack, subject *resource) bool {
		set(r.bearers(s, subject)[bearer].Values, path, value)
		return true
	}}
}

// findingsOf is what all rules find.
func findingsOf(s *stack) (found []finding) {
	for _, r := range allRules() {
		found = append(found, r.findings(s)...)
	}
	return found
}

// without leaves out what was found before, whatever it says now.
func without(found, known []finding) []finding {
	return slices.DeleteFunc(found, func(f finding) bool {
		return slices.ContainsFunc(known, func(k finding) bool { return k.title == f.title && k.address == f.address })
	})
}
