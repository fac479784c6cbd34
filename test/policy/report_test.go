//go:build live

package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// checkRules fails for every finding without an exception and for every exception without a finding, and prints the
// table of all rules.
func checkRules(t *testing.T, stacks map[string]*stack) {
	t.Helper()
	used := map[string]bool{}
	var table strings.Builder
	lines := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(lines, "rule\t"+strings.Join(everyStack(), "\t")+"\ttitle")
	for _, r := range allRules() {
		if strings.HasSuffix(r.source(), "/.html") {
			t.Errorf("%s: practicePages lacks the name of AWS's page", r.id)
		}
		row := []string{r.id}
		for _, name := range everyStack() {
			row = append(row, verdict(t, &r, stacks[name], used))
		}
		fmt.Fprintln(lines, strings.Join(append(row, r.title), "\t"))
	}
	_ = lines.Flush() // into memory
	t.Logf("%d rules:\n%s", len(allRules()), &table)
	for n, e := range exceptions() {
		for _, name := range e.in {
			if !used[key(n, name)] {
				t.Errorf("%s holds at %s of %s: take it out of the exceptions", e.rule, e.addresses, name)
			}
		}
	}
}

func verdict(t *testing.T, r *rule, s *stack, used map[string]bool) string {
	t.Helper()
	if !slices.Contains(r.in, s.Name) {
		return "–"
	}
	said := "holds"
	for _, f := range r.findings(s) {
		n := slices.IndexFunc(exceptions(), func(e exception) bool { return e.covers(s.Name, f) })
		if n < 0 {
			t.Errorf("%s: %s: %s\n%s: %s\n%s", s.Name, f.address, f.what, r.id, r.title, r.source())
			said = "FAILS"
			continue
		}
		used[key(n, s.Name)] = true
		if said == "holds" {
			said = "exception"
		}
	}
	return said
}

func key(exception int, stack string) string { return fmt.Sprint(exception, " ", stack) }
