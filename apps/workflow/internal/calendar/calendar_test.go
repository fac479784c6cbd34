package calendar

import (
	"slices"
	"testing"
	"time"
)

func parsed(t testing.TB, expression, zone string) *Calendar {
	t.Helper()
	c, problems := Parse(expression, zone)
	if problems != nil {
		t.Fatal(problems)
	}
	return c
}

// instants writes times as the zone's clocks show them, with their distance to UTC.
func instants(times []time.Time) (texts []string) {
	for _, at := range times {
		texts = append(texts, at.Format("01-02 15:04 -0700"))
	}
	return texts
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	found, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestClocksThatAreSetForwardAndBack(t *testing.T) {
	for name, test := range map[string]struct {
		cron, zone, after string
		want              []string
	}{
		"a time that the day lacks comes at the change":     {"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"03-29 03:00 +0200", "03-30 02:30 +0200"}},
		"several that it lacks are one":                     {"*/20 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"03-29 03:00 +0200", "03-30 02:00 +0200", "03-30 02:20 +0200"}},
		"and one with what is due at the change":            {"0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"03-29 03:00 +0200", "03-30 02:00 +0200"}},
		"a time that comes twice counts once":               {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"10-25 02:30 +0200", "10-26 02:30 +0100"}},
		"several that come twice count once each":           {"0,30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"10-25 02:00 +0200", "10-25 02:30 +0200", "10-26 02:00 +0100"}},
		"begun between the two, the second does not count":  {"30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", []string{"10-26 02:30 +0100"}},
		"every hour follows the hours that pass, forward":   {"0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", []string{"03-29 03:00 +0200", "03-29 04:00 +0200"}},
		"every hour follows the hours that pass, back":      {"0 * * * *", "Europe/Berlin", "2026-10-24T23:00:00Z", []string{"10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"}},
		"midnight that a day lacks":                         {"0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", []string{"09-06 01:00 -0300", "09-07 00:00 -0300"}},
		"half an hour forward":                              {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", []string{"10-04 02:30 +1100", "10-05 02:15 +1100"}},
		"half an hour back":                                 {"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", []string{"04-05 01:45 +1100", "04-06 01:45 +1030"}},
		"a day that a country left out":                     {"0 9 * * *", "Pacific/Apia", "2011-12-29T20:00:00Z", []string{"12-31 00:00 +1400", "12-31 09:00 +1400"}},
		"a weekday that the change is not on":               {"30 2 * * 1", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"03-30 02:30 +0200"}},
		"without changes of clocks":                         {"30 2 * * *", "UTC", "2026-03-28T12:00:00Z", []string{"03-29 02:30 +0000"}},
		"a day that not all months have":                    {"0 0 31 * *", "UTC", "2026-01-31T00:00:00Z", []string{"03-31 00:00 +0000"}},
		"a day of the week or of the month, as cron has it": {"0 0 13 * 5", "UTC", "2026-11-01T00:00:00Z", []string{"11-06 00:00 +0000", "11-13 00:00 +0000"}},
		"a descriptor": {"@weekly", "UTC", "2026-11-26T00:00:00Z", []string{"11-29 00:00 +0000"}},
		"leap days":    {"0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", []string{"02-29 00:00 +0000"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := instants(parsed(t, test.cron, test.zone).Upcoming(at(t, test.after), len(test.want))); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWhatIsNoCalendarIsRefused(t *testing.T) {
	for _, bad := range [][3]string{
		{"", "UTC", "/cron"}, {"* * * *", "UTC", "/cron"}, {"* * * * * *", "UTC", "/cron"}, {"60 * * * *", "UTC", "/cron"}, {"@every 5m", "UTC", "/cron"},
		{"TZ=UTC", "UTC", "/cron"}, {"CRON_TZ=Europe/Berlin 0 0 * * *", "UTC", "/cron"}, {"0 0 30 2 *", "UTC", "/cron"}, {"*/0 * * * *", "UTC", "/cron"},
		{"* * * * *", "", "/time_zone"}, {"* * * * *", "Local", "/time_zone"}, {"* * * * *", "Mars/Olympus", "/time_zone"}, {"* * * * *", "../etc/passwd", "/time_zone"},
	} {
		c, problems := Parse(bad[0], bad[1])
		if c != nil || len(problems) != 1 || problems[0].Pointer != bad[2] {
			t.Errorf("%q in %q: %v", bad[0], bad[1], problems)
		}
	}
}

// FuzzNext holds what any calendar must keep: it moves forward, over changes of clocks too.
func FuzzNext(f *testing.F) {
	for _, seed := range []string{"30 2 * * *", "*/7 1-3 * * *", "0 0 1 1 *", "@daily", "59 23 31 12 0-6/2", "TZ= * * * * *"} {
		f.Add(seed, "Europe/Berlin", int64(1_774_700_000))
	}
	f.Fuzz(func(t *testing.T, expression, zone string, seconds int64) {
		c, problems := Parse(expression, zone)
		if problems != nil {
			return
		}
		after := time.Unix(seconds%4_000_000_000, 0)
		for range 20 {
			next := c.Next(after)
			if next.IsZero() {
				return
			}
			if !next.After(after) || next.Second() != 0 && next.Year() > 1950 {
				t.Fatalf("%q in %q after %s is %s", expression, zone, after, next)
			}
			after = next
		}
	})
}
