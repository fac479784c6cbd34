package ledger

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// What callers tell apart; they are those of the store. The errors that wrap them say which thing, and what to do.
var (
	ErrNotFound = store.ErrNotFound
	ErrConflict = store.ErrConflict
)

const divisionByZero = "22012" // PostgreSQL's code (appendix A of its manual)

// Outdated says whether a change was made of what a task knew, and somebody has changed the run since. It has left nothing: the same change again
// reads the run.
func Outdated(err error) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refusal.Code == divisionByZero
}

// Invalid is the refusal of a value from outside, with everything that is wrong with it.
//
//nolint:errname // it is an answer to the user more than a fault
type Invalid struct{ Problems []problem.Problem }

func (e *Invalid) Error() string {
	if len(e.Problems) == 0 {
		return "the value is not valid"
	}
	first := e.Problems[0]
	return fmt.Sprintf("%d problems, the first at %q: %s", len(e.Problems), first.Pointer, first.Message)
}

func invalid(pointer, code, format string, arguments ...any) error {
	return &Invalid{Problems: []problem.Problem{problem.Format(pointer, code, format, arguments...)}}
}
