package store

import (
	"strconv"
	"strings"
)

// filter gathers the conditions of a query, so that one that is not asked for does not keep PostgreSQL from
// using an index.
type filter struct {
	conditions []string
	arguments  []any
}

// add takes a condition with a ? for each argument.
func (f *filter) add(condition string, arguments ...any) {
	var numbered strings.Builder
	for _, r := range condition {
		if r != '?' {
			numbered.WriteRune(r)
			continue
		}
		f.arguments = append(f.arguments, arguments[0])
		arguments = arguments[1:]
		numbered.WriteString("$" + strconv.Itoa(len(f.arguments)))
	}
	f.conditions = append(f.conditions, numbered.String())
}

// where is the clause, empty without conditions.
func (f *filter) where() string {
	if len(f.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(f.conditions, " AND ")
}
