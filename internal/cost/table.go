package cost

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// Write prints an estimate as a table with its totals, and names what it lacks.
func (e *Estimate) Write(out io.Writer, name string) error {
	fmt.Fprintf(out, "%s in %s: USD a month of %.0f hours, at list prices that were compared on %s or later\n\n", name, Region, Hours, e.compared())
	table := newTable(out)
	fmt.Fprintln(table, "resource\twhat\t  quantity\tper\t     price\t   month")
	for _, l := range e.Lines {
		fmt.Fprintf(table, "%s\t%s\t%10s\t%s\t%10s\t%8.2f\n", l.Address, l.title(), plain(l.Quantity), l.Price.Per, plain(l.Price.USD), l.Month())
	}
	all, fixed := e.Total()
	for _, sum := range []struct {
		name string
		usd  float64
	}{{"without use", fixed}, {"assumed use", all - fixed}, {"total", all}} {
		fmt.Fprintf(table, "%s\t\t\t\t\t%8.2f\n", sum.name, sum.usd)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	e.writeUnpriced(out, name)
	return nil
}

// compared is the day of the price that was compared longest ago.
func (e *Estimate) compared() string {
	const day = len("2026-01-02")
	oldest := time.Now().Format(time.DateOnly)
	for _, l := range e.Lines {
		oldest = min(oldest, l.Price.Seen[:day])
	}
	return oldest
}

func (e *Estimate) writeUnpriced(out io.Writer, name string) {
	if len(e.Unpriced) == 0 {
		return
	}
	fmt.Fprintf(out, "\nNot in the total of %s; add a price to internal/cost:\n", name)
	for _, what := range e.Unpriced {
		fmt.Fprintln(out, "  "+what)
	}
}

// WriteDifference prints what two estimates do not have in common, and both totals.
func WriteDifference(out io.Writer, from, to *Estimate, fromName, toName string) error {
	table := newTable(out)
	fmt.Fprintf(table, "resource\twhat\t%s\t%s\tdifference\n", fromName, toName)
	for _, l := range union(from.Lines, to.Lines) {
		if a, b := from.month(l), to.month(l); cents(a) != cents(b) {
			fmt.Fprintf(table, "%s\t%s\t%.2f\t%.2f\t%+.2f\n", l.Address, l.title(), a, b, b-a)
		}
	}
	a, _ := from.Total()
	b, _ := to.Total()
	fmt.Fprintf(table, "total\t\t%.2f\t%.2f\t%+.2f\n", a, b, b-a)
	if err := table.Flush(); err != nil {
		return err
	}
	from.writeUnpriced(out, fromName)
	to.writeUnpriced(out, toName)
	return nil
}

func newTable(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }

// month is what another estimate's line costs here.
func (e *Estimate) month(line Line) float64 {
	if n := slices.IndexFunc(e.Lines, line.same); n >= 0 {
		return e.Lines[n].Month()
	}
	return 0
}

// union are the lines of both, each once, in order.
func union(from, to []Line) []Line {
	all := slices.Clone(from)
	for _, l := range to {
		if !slices.ContainsFunc(from, l.same) {
			all = append(all, l)
		}
	}
	return all
}

func cents(usd float64) float64 { return math.Round(100 * usd) }

// plain is a number without needless digits.
func plain(n float64) string { return strconv.FormatFloat(math.Round(n*1e6)/1e6, 'f', -1, 64) }
