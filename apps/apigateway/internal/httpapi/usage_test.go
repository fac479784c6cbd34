package httpapi

import (
	"testing"
	"time"
)

// FuzzDays asks for any period: what is taken begins before it ends, at midnight, and has at most 366 days.
func FuzzDays(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"2026-11-01", "2026-11-22"}, {"2026-11-22", "2026-11-01"}, {"2025-11-21", "2026-11-22"}, {"0000-01-01", "0000-01-01"}, {"9999-12-31", "9999-12-31"},
		{"2026-02-29", ""}, {"", "2026-1-1"}, {"2026-11-01T00:00:00Z", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	now := time.Date(2026, 11, 22, 20, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, first, last string) {
		from, to, err := days(first, last, now)
		if err != nil {
			return
		}
		if span := to.Sub(from); span < 24*time.Hour || span > 366*24*time.Hour || !from.Equal(from.Truncate(24*time.Hour)) || !to.Equal(to.Truncate(24*time.Hour)) {
			t.Errorf("%q to %q is taken for %s to %s", first, last, from, to)
		}
	})
}
