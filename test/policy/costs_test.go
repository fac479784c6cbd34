//go:build live

package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/agentteam/agentteam/internal/cost"
)

// checkCosts holds the README's costs to what the command prints for these plans.
func checkCosts(t *testing.T, plans map[string]*tfjson.Plan) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	cells := []string{"| **USD a month, estimate: without use, in a quiet month** |"}
	for _, name := range everyEnvironment() {
		estimate, err := cost.Of(plans[name])
		if err != nil {
			t.Fatal(err)
		}
		if len(estimate.Unpriced) > 0 {
			t.Errorf("%s: no price for %q", name, estimate.Unpriced)
		}
		all, fixed := estimate.Total()
		cells = append(cells, fmt.Sprintf(" **%.0f**, %.0f |", fixed, all))
		if name == production {
			wantInReadme(t, string(readme), tableOf(t, estimate))
		}
	}
	wantInReadme(t, string(readme), strings.Join(cells, ""))
}

func tableOf(t *testing.T, estimate *cost.Estimate) string {
	t.Helper()
	var table strings.Builder
	if err := estimate.Write(&table, production); err != nil {
		t.Fatal(err)
	}
	return table.String()
}

func wantInReadme(t *testing.T, readme, text string) {
	t.Helper()
	if !strings.Contains(readme, text) {
		t.Errorf("README.md lacks this; write it in place of what it has:\n%s", text)
	}
}
