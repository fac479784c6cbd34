package calendar

import "time"

// Policies of catching up.
const (
	CatchUpNone = "none"
	CatchUpLast = "last"
	CatchUpAll  = "all"
)

// Grace is how late a tick may be and still is no missed one: a deployment replaces the engine in less.
const Grace = time.Minute

// mostCounted bounds how many missed ticks are counted one by one.
const mostCounted = 20_000

// Policy says what becomes of ticks that are late by more than Grace.
type Policy struct {
	CatchUp string
	Window  time.Duration // that Last and All look back
}

// Due is what follows at one instant for a schedule.
type Due struct {
	Missed int       // ticks that will not be
	First  time.Time // of the missed
	At     time.Time // the one tick that is due now; zero if there is none
	Next   time.Time // when to look again
}

// Due looks from the next tick on, as it was planned, at what is due now. One tick at a time: another may be due right after.
func (c *Calendar) Due(planned, now time.Time, p Policy) (d Due) {
	window := Grace
	if p.CatchUp != CatchUpNone {
		window = max(window, p.Window)
	}
	horizon := now.Add(-window)
	for d.Next = planned; !d.Next.IsZero() && !d.Next.After(now); {
		tick := d.Next
		d.Next = c.Next(tick)
		if !tick.Before(horizon) && !p.superseded(now.Sub(tick), d.Next, now) {
			d.At = tick
			return d
		}
		if d.Missed == 0 {
			d.First = tick
		}
		if d.Missed++; d.Missed == mostCounted && d.Next.Before(horizon) {
			d.Next = c.Next(horizon.Add(-time.Second))
		}
	}
	return d
}

// superseded says whether a missed tick counts for nothing, because another came after it.
func (p Policy) superseded(late time.Duration, next, now time.Time) bool {
	return p.CatchUp == CatchUpLast && late > Grace && !next.IsZero() && !next.After(now)
}
