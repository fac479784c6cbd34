package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// printTable writes a line per case: medians, and the ratio of its wall time to that of the same program's stock case.
func printTable(out io.Writer, cases []*benchCase) error {
	fmt.Fprintf(out, "%d rounds, interleaved; medians. CPU is Go and Node together; peaks are resident memory.\n\n", len(cases[0].samples))
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "case\twall s\tfastest\tslowest\tCPU s\tGo MiB\tNode MiB\twall / stock\t")
	for _, c := range cases {
		wall := values(c, func(s sample) time.Duration { return s.wall })
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%s\t%s\t%.2f\t\n", c.name,
			median(wall).Seconds(), slices.Min(wall).Seconds(), slices.Max(wall).Seconds(),
			median(values(c, func(s sample) time.Duration { return s.cpu })).Seconds(),
			mebibytes(median(values(c, func(s sample) int64 { return s.peak.program }))),
			mebibytes(median(values(c, func(s sample) int64 { return s.peak.node }))),
			wallRatio(c, stockOf(c, cases)))
	}
	return table.Flush()
}

func stockOf(c *benchCase, cases []*benchCase) *benchCase {
	i := slices.IndexFunc(cases, func(other *benchCase) bool { return other.program == c.program && !other.fast })
	return cases[i]
}

func wallRatio(c, stock *benchCase) float64 {
	wall := func(s sample) time.Duration { return s.wall }
	return median(values(c, wall)).Seconds() / median(values(stock, wall)).Seconds()
}

func values[T any](c *benchCase, of func(sample) T) []T {
	all := make([]T, 0, len(c.samples))
	for _, s := range c.samples {
		all = append(all, of(s))
	}
	return all
}

// median returns the lower of the two middle values of an even count.
func median[T cmp.Ordered](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)/2]
}

func mebibytes(size int64) string {
	if size == 0 {
		return "n/a"
	}
	return strconv.FormatInt(size>>20, 10)
}
