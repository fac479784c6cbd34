package main

import (
	"cmp"
	"slices"
	"time"
)

// quantile is the value that a share q of all does not exceed, by nearest rank.
func quantile[T cmp.Ordered](all []T, q float64) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func median[T cmp.Ordered](all []T) T { return quantile(all, 0.5) }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
