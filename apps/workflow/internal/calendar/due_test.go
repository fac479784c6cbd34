package calendar

import (
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	hourly := parsed(t, "0 * * * *", "UTC")
	day := func(hour, minute, second int) time.Time {
		return time.Date(2026, 11, 26, hour, minute, second, 0, time.UTC)
	}
	hours := func(n int) time.Duration { return time.Duration(n) * time.Hour }
	for name, test := range map[string]struct {
		now    time.Time
		policy Policy
		want   Due // of a schedule whose next tick was planned for 08:00
	}{
		"nothing yet":                       {day(7, 59, 59), Policy{CatchUpAll, hours(24)}, Due{Next: day(8, 0, 0)}},
		"in time":                           {day(8, 0, 0), Policy{CatchUpNone, 0}, Due{At: day(8, 0, 0), Next: day(9, 0, 0)}},
		"as late as a deployment":           {day(8, 1, 0), Policy{CatchUpNone, 0}, Due{At: day(8, 0, 0), Next: day(9, 0, 0)}},
		"too late":                          {day(8, 1, 1), Policy{CatchUpNone, 0}, Due{Missed: 1, First: day(8, 0, 0), Next: day(9, 0, 0)}},
		"several missed, one in time":       {day(10, 0, 30), Policy{CatchUpNone, 0}, Due{Missed: 2, First: day(8, 0, 0), At: day(10, 0, 0), Next: day(11, 0, 0)}},
		"the last of three":                 {day(10, 30, 0), Policy{CatchUpLast, hours(24)}, Due{Missed: 2, First: day(8, 0, 0), At: day(10, 0, 0), Next: day(11, 0, 0)}},
		"the last is out of the window":     {day(10, 30, 0), Policy{CatchUpLast, 20 * time.Minute}, Due{Missed: 3, First: day(8, 0, 0), Next: day(11, 0, 0)}},
		"all, one after the other":          {day(10, 30, 0), Policy{CatchUpAll, hours(24)}, Due{At: day(8, 0, 0), Next: day(9, 0, 0)}},
		"all within the window":             {day(10, 30, 0), Policy{CatchUpAll, 90 * time.Minute}, Due{Missed: 1, First: day(8, 0, 0), At: day(9, 0, 0), Next: day(10, 0, 0)}},
		"the database's clock was set back": {day(3, 0, 0), Policy{CatchUpAll, hours(24)}, Due{Next: day(8, 0, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hourly.Due(day(8, 0, 0), test.now, test.policy); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// A schedule of every minute that nobody served for years goes on at once.
func TestDueAfterYears(t *testing.T) {
	c := parsed(t, "* * * * *", "Europe/Berlin")
	now, began := time.Date(2026, 11, 26, 12, 0, 30, 0, time.UTC), time.Now()
	d := c.Due(now.AddDate(-5, 0, 0), now, Policy{CatchUpLast, time.Hour})
	if !d.At.Equal(now.Truncate(time.Minute)) || d.Missed < mostCounted || time.Since(began) > 5*time.Second {
		t.Errorf("%+v after %s", d, time.Since(began))
	}
}
