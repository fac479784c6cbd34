// Package plansummary writes a Terraform plan as Markdown for those who review a change: what is destroyed first, and names of
// attributes alone. No value of any attribute is in it, so that no secret is.
package plansummary

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// kinds are in the order in which a reviewer wants to know of them.
func kinds() []string { return []string{"replace", "destroy", "change", "create", "forget"} }

// change is one resource's line.
type change struct {
	kind, address string
	attributes    []string // that differ
	because       []string // those that force a replacement
}

// Write writes the section of one environment.
func Write(out io.Writer, environment string, plan *tfjson.Plan) {
	fmt.Fprintf(out, "### %s\n\n", environment)
	changes := of(plan)
	outputs := outputsOf(plan)
	if len(changes) == 0 && len(outputs) == 0 {
		fmt.Fprint(out, "No changes.\n\n")
		return
	}
	fmt.Fprintf(out, "**%s**\n\n", counts(changes, outputs))
	for _, c := range changes {
		fmt.Fprintf(out, "- %s\n", c.line())
	}
	if len(outputs) > 0 {
		fmt.Fprintf(out, "- outputs: %s\n", quoted(outputs))
	}
	details(out, changes)
}

func of(plan *tfjson.Plan) (changes []change) {
	for _, resource := range plan.ResourceChanges {
		if kind := kindOf(resource.Change.Actions); kind != "" {
			c := change{kind: kind, address: resource.Address}
			if kind == "change" || kind == "replace" {
				c.attributes, c.because = differing(resource.Change), forcing(resource.Change.ReplacePaths)
			}
			changes = append(changes, c)
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int {
		return slices.Index(kinds(), a.kind) - slices.Index(kinds(), b.kind)
	})
	return changes
}

func kindOf(actions tfjson.Actions) string {
	switch {
	case actions.Replace():
		return "replace"
	case actions.Delete():
		return "destroy"
	case actions.Update():
		return "change"
	case actions.Create():
		return "create"
	case actions.Forget():
		return "forget"
	default:
		return "" // unchanged, or a data source
	}
}

// differing are the attributes whose values differ, and those that only the apply will know.
func differing(c *tfjson.Change) []string {
	before, _ := c.Before.(map[string]any)
	after, _ := c.After.(map[string]any)
	unknown, _ := c.AfterUnknown.(map[string]any)
	names := map[string]bool{}
	for name, value := range before {
		names[name] = !reflect.DeepEqual(value, after[name])
	}
	for name, value := range after {
		names[name] = !reflect.DeepEqual(value, before[name])
	}
	for name, value := range unknown {
		names[name] = names[name] || value == true
	}
	maps.DeleteFunc(names, func(_ string, differs bool) bool { return !differs })
	return slices.Sorted(maps.Keys(names))
}

// forcing are the first steps of the paths that Terraform gives for a replacement.
func forcing(paths []any) (names []string) {
	for _, path := range paths {
		if steps, ok := path.([]any); ok && len(steps) > 0 {
			names = append(names, fmt.Sprint(steps[0]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func outputsOf(plan *tfjson.Plan) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(plan.OutputChanges)) {
		if kindOf(plan.OutputChanges[name].Actions) != "" {
			names = append(names, name)
		}
	}
	return names
}

func counts(changes []change, outputs []string) string {
	var parts []string
	for _, kind := range kinds() {
		n := 0
		for _, c := range changes {
			if c.kind == kind {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n, kind))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%d outputs to change", len(outputs))
	}
	return strings.Join(parts, ", ")
}

func (c change) line() string {
	line := fmt.Sprintf("%s %s", c.kind, quoted([]string{c.address}))
	if c.kind == "replace" || c.kind == "destroy" {
		line = "⚠️ **" + c.kind + "** " + quoted([]string{c.address})
	}
	if len(c.because) > 0 {
		line += ", because of " + quoted(c.because)
	}
	return line
}

func details(out io.Writer, changes []change) {
	fmt.Fprint(out, "\n<details><summary>Attributes that differ, without their values</summary>\n\n")
	for _, c := range changes {
		if len(c.attributes) > 0 {
			fmt.Fprintf(out, "- %s: %s\n", quoted([]string{c.address}), quoted(c.attributes))
		}
	}
	fmt.Fprint(out, "\n</details>\n\n")
}

func quoted(names []string) string {
	marked := make([]string, len(names))
	for i, name := range names {
		marked[i] = "`" + strings.ReplaceAll(name, "`", "'") + "`"
	}
	return strings.Join(marked, ", ")
}
