// Package calendar says at which instants a schedule is due. It is pure: the time that it counts from is given.
package calendar

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// Bounds of what is parsed.
const (
	maxExpression = 200
	maxZone       = 64
	allHours      = 1<<24 - 1
)

// Calendar is a cron expression in a time zone. Where clocks are set forward, the times that a day lacks become one, at the instant
// of the change; where they are set back, a time that comes twice counts the first time. An expression for every hour
// follows the hours that pass instead.
type Calendar struct {
	spec      *cron.SpecSchedule
	everyHour bool
}

// Parse takes five fields or a descriptor such as @daily, and a name of the IANA database. The pointers of problems are
// /cron and /time_zone.
func Parse(expression, zoneName string) (*Calendar, []problem.Problem) {
	zone, fault := locate(zoneName)
	if fault != nil {
		return nil, []problem.Problem{*fault}
	}
	refused := func(format string, arguments ...any) []problem.Problem {
		return []problem.Problem{problem.Format("/cron", problem.CodeInvalidFormat, format, arguments...)}
	}
	if len(expression) > maxExpression {
		return nil, refused("cron has at most %d characters, got %d", maxExpression, len(expression))
	}
	if strings.Contains(expression, "=") { // the parser's own way to give a zone
		return nil, refused("cron names no time zone, time_zone does: got %q", expression)
	}
	parsed, err := cron.ParseStandard(expression)
	if err != nil {
		return nil, refused("cron has five fields, minute hour day month weekday, as 30 6 * * 1-5, or is @hourly, @daily, @weekly, @monthly or @yearly: %s, got %q", err, expression)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, refused("cron must say at which times, got %q: write */5 * * * * for every five minutes", expression)
	}
	spec.Location = zone
	if spec.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, refused("cron %q is never due: no such day exists", expression)
	}
	return &Calendar{spec: spec, everyHour: spec.Hour&allHours == allHours}, nil
}

func locate(zone string) (*time.Location, *problem.Problem) {
	found, err := time.LoadLocation(zone)
	if err != nil || zone == "" || zone == "Local" || len(zone) > maxZone {
		p := problem.Format("/time_zone", problem.CodeUnknownValue, "time_zone must be a name of the IANA database, as UTC or Europe/Berlin, got %.80q", zone)
		return nil, &p
	}
	return found, nil
}

// Location is the time zone.
func (c *Calendar) Location() *time.Location { return c.spec.Location }

// Next is the first instant after another at which it is due; zero if none comes within five years.
func (c *Calendar) Next(after time.Time) time.Time {
	after = after.In(c.spec.Location)
	next := c.spec.Next(after)
	if c.everyHour {
		return next
	}
	for !next.IsZero() && repeated(next) {
		next = c.spec.Next(next)
	}
	if change := c.lacking(after, next); !change.IsZero() {
		return change
	}
	return next
}

// Upcoming are the next instants.
func (c *Calendar) Upcoming(after time.Time, most int) (times []time.Time) {
	for next := c.Next(after); !next.IsZero() && len(times) < most; next = c.Next(next) {
		times = append(times, next)
	}
	return times
}

// repeated says whether clocks showed the same time before, since they were set back.
func repeated(t time.Time) bool {
	change, _ := t.ZoneBounds()
	if change.IsZero() {
		return false
	}
	return t.Sub(change) < -forward(change)
}

// lacking is the first change of clocks after an instant, up to another, which leaves out a time that it would have been due at.
func (c *Calendar) lacking(after, until time.Time) time.Time {
	for at := after; ; {
		_, change := at.ZoneBounds()
		if change.IsZero() || change.After(until) {
			return time.Time{}
		}
		if !change.After(at) { // beyond the database's table, package time gives the turn of the year as the end of the year before
			at = at.Add(time.Minute)
			continue
		}
		if jump := forward(change); jump > 0 && c.dueWithin(change, jump) {
			return change
		}
		at = change
	}
}

// dueWithin reads the clock as if it had not been changed.
func (c *Calendar) dueWithin(change time.Time, jump time.Duration) bool {
	_, offset := change.Add(-time.Nanosecond).Zone()
	unchanged := *c.spec
	unchanged.Location = time.FixedZone("", offset)
	return unchanged.Next(change.Add(-time.Second)).Before(change.Add(jump))
}

// forward is by how much clocks are set forward at a change; negative if they are set back.
func forward(change time.Time) time.Duration {
	_, before := change.Add(-time.Nanosecond).Zone()
	_, after := change.Zone()
	return time.Duration(after-before) * time.Second
}
