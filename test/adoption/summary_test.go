//go:build live

package adoption

import (
	"fmt"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// summary is a plan for people: how many resources have which fate, and which ones.
func summary(plan *tfjson.Plan) string {
	fates := map[string][]string{}
	for _, resource := range plan.ResourceChanges {
		if resource.Mode == tfjson.ManagedResourceMode {
			fates[fate(resource.Change)] = append(fates[fate(resource.Change)], resource.Address)
		}
	}
	var text strings.Builder
	for _, name := range []string{"unchanged", "imported", "changed in place", "added", "replaced", "deleted", "forgotten"} {
		addresses := fates[name]
		slices.Sort(addresses)
		fmt.Fprintf(&text, "%3d %s\n", len(addresses), name)
		if name != "unchanged" {
			for _, address := range addresses {
				fmt.Fprintf(&text, "      %s\n", address)
			}
		}
	}
	return text.String()
}

func fate(change *tfjson.Change) string {
	switch {
	case change.Actions.Replace():
		return "replaced"
	case change.Importing != nil:
		return "imported"
	case change.Actions.Create():
		return "added"
	case change.Actions.Update():
		return "changed in place"
	case change.Actions.Delete():
		return "deleted"
	case change.Actions.Forget():
		return "forgotten"
	default:
		return "unchanged"
	}
}
