// Package doctor looks at a deployed environment as AWS shows it, says what is wrong, and what to do about it.
// It only reads.
//
//	AWS APIs ── Read ──> Facts ── Diagnose ──> Findings
package doctor

// Severity says whether somebody has to act.
type Severity int

// The severities, from harmless to urgent.
const (
	Fine    Severity = iota // works
	Note                    // may be meant
	Problem                 // does not work, or will soon not
)

// Finding is one thing that the doctor can say.
type Finding struct {
	Severity Severity
	What     string   // in one line
	Evidence []string // AWS's own words
	Remedy   string   // what to do; empty where all is fine
}

// Diagnose draws the conclusions from what was read. The findings are in the order of a request's way, from the tasks to the data.
func Diagnose(f *Facts) []Finding {
	var found []Finding
	for _, service := range f.Services {
		found = append(found, service.diagnose(f))
	}
	found = append(found, f.targets())
	found = append(found, f.errors()...)
	found = append(found, f.stores()...)
	found = append(found, f.parameters()...)
	return append(found, f.alarms()...)
}

// Problems counts what somebody has to act on.
func Problems(findings []Finding) (n int) {
	for _, f := range findings {
		if f.Severity == Problem {
			n++
		}
	}
	return n
}
