package main

import (
	"fmt"
	"os"
	"text/tabwriter"
)

// table is one comparison: its cases are measured in turns, so that a busy spell of the machine falls on all of them.
type table struct {
	title string
	cases []*benchCase
}

// benchCase is one line. Its figure may be compared with that of another line, its floor or peer.
type benchCase struct {
	name, unit, bound string
	measure           func() (float64, error)
	figures           []float64
	peer              string
}

func newTable(title string, arguments ...any) *table {
	return &table{title: fmt.Sprintf(title, arguments...)}
}

// add makes a line whose figure is measured in each round.
func (t *table) add(name, unit string, measure func() (float64, error)) *benchCase {
	c := &benchCase{name: name, unit: unit, measure: measure}
	t.cases = append(t.cases, c)
	return c
}

// value makes a line of a figure that is known already.
func (t *table) value(name, unit string, figure float64, bound string) {
	t.cases = append(t.cases, &benchCase{name: name, unit: unit, bound: bound, figures: []float64{figure}})
}

// over has the line's ratio to another line printed, with the bound that the ratio must keep.
func (c *benchCase) over(peer, bound string) { c.peer, c.bound = peer, bound }

func (t *table) measure(rounds int) error {
	for round := range rounds {
		for _, c := range t.cases {
			figure, err := c.measure()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.figures = append(c.figures, figure)
			fmt.Fprintf(os.Stderr, "round %d of %d: %s: %.4g %s\n", round+1, rounds, c.name, figure, c.unit)
		}
	}
	return t.print()
}

func (t *table) print() error {
	fmt.Printf("\n%s\n\n", t.title)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "case\tfigure\tunit\tratio\tbound\t")
	for _, c := range t.cases {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t\n", c.name, figure(median(c.figures)), c.unit, t.ratio(c), c.bound)
	}
	return out.Flush()
}

func (t *table) ratio(c *benchCase) string {
	for _, peer := range t.cases {
		if peer.name == c.peer {
			return fmt.Sprintf("%.2f", median(c.figures)/median(peer.figures))
		}
	}
	return ""
}

func figure(f float64) string {
	if f >= 100 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.1f", f)
}
