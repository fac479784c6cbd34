// Package cost estimates what a plan costs in a month, from list prices with their sources. What depends on use is
// shown with the use that it assumes, and what it has no price for is named.
package cost

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Line is one thing that AWS bills.
type Line struct {
	Address  string // without index: instances of one resource are one line
	What     string
	Quantity float64 // of the price's units, in a month
	Price    Price
	Note     string // empty for what is billed whether it is used or not
}

// Month is what the line costs.
func (l Line) Month() float64 { return l.Quantity * l.Price.USD }

// same says whether another line bills the same thing.
func (l Line) same(other Line) bool { return l.Address == other.Address && l.What == other.What }

func (l Line) title() string {
	if l.Note == "" {
		return l.What
	}
	return l.What + " (" + l.Note + ")"
}

// Estimate is a stack's month.
type Estimate struct {
	Lines []Line
	// Unpriced are what costs money and has no price in the table, with the reason.
	Unpriced []string
}

// Total is the sum of all lines, and of those that are billed without any use.
func (e *Estimate) Total() (all, fixed float64) {
	for _, l := range e.Lines {
		all += l.Month()
		if l.Note != assumed {
			fixed += l.Month()
		}
	}
	return all, fixed
}

// Of estimates what there is after a plan was applied.
func Of(plan *tfjson.Plan) (*Estimate, error) {
	if region := plan.Variables["aws_region"]; region == nil || region.Value != Region {
		var got any
		if region != nil {
			got = region.Value
		}
		return nil, fmt.Errorf("aws_region is %v, and the price table has only %s: set aws_region = %q to see its prices, or add the region's to internal/cost/prices.go",
			got, Region, Region)
	}
	b := &bill{plan: newPlan(plan), prices: Prices(), estimate: new(Estimate)}
	for _, r := range b.plan.resources {
		if price, found := priced()[r.Type]; found {
			price(b, r)
		} else if Free()[r.Type] == "" {
			b.unpricedf(r, "the type %s is neither priced nor known to be free", r.Type)
		}
	}
	return b.estimate, nil
}

// Known says whether a type of resource is priced or free.
func Known(kind string) bool { return priced()[kind] != nil || Free()[kind] != "" }

// bill is an estimate in the making.
type bill struct {
	plan     plan
	prices   map[string]Price
	estimate *Estimate
}

const (
	assumed   = "assumed use"
	estimated = "estimate"
)

// add bills a quantity, into the line of the same resource and thing where there is one.
func (b *bill) add(r *tfjson.StateResource, what, price string, quantity float64, note string) {
	p, found := b.prices[price]
	if !found {
		b.unpricedf(r, "the table has no price of %s", price)
		return
	}
	if note == estimated {
		p.USD *= SpotShare
	}
	line := Line{withoutIndex(r.Address), what, quantity, p, note}
	if n := slices.IndexFunc(b.estimate.Lines, line.same); n >= 0 {
		b.estimate.Lines[n].Quantity += quantity
		return
	}
	b.estimate.Lines = append(b.estimate.Lines, line)
}

func (b *bill) unpricedf(r *tfjson.StateResource, format string, args ...any) {
	text := withoutIndex(r.Address) + ": " + fmt.Sprintf(format, args...)
	if !slices.Contains(b.estimate.Unpriced, text) {
		b.estimate.Unpriced = append(b.estimate.Unpriced, text)
	}
}

// plan is what an estimate reads of one.
type plan struct {
	resources  []*tfjson.StateResource
	references map[string]map[string]*tfjson.Expression // by address and argument
}

func newPlan(p *tfjson.Plan) plan {
	read := plan{references: map[string]map[string]*tfjson.Expression{}}
	for _, r := range p.PlannedValues.RootModule.Resources {
		if r.Mode == tfjson.ManagedResourceMode {
			read.resources = append(read.resources, r)
		}
	}
	for _, configured := range p.Config.RootModule.Resources {
		read.references[configured.Address] = configured.Expressions
	}
	return read
}

// of are the planned resources of a type.
func (p plan) of(kind string) (found []*tfjson.StateResource) {
	for _, r := range p.resources {
		if r.Type == kind {
			found = append(found, r)
		}
	}
	return found
}

// named are the planned resources that an argument names.
func (p plan) named(r *tfjson.StateResource, argument string) (found []*tfjson.StateResource) {
	expression := p.references[withoutIndex(r.Address)][argument]
	if expression == nil || expression.ExpressionData == nil {
		return nil
	}
	for _, other := range p.resources {
		if slices.Contains(expression.References, withoutIndex(other.Address)) {
			found = append(found, other)
		}
	}
	return found
}

func withoutIndex(address string) string {
	return regexp.MustCompile(`\[.*\]$`).ReplaceAllString(strings.TrimSpace(address), "")
}
