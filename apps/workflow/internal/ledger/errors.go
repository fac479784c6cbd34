package ledger

import (
	"fmt"

	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

// What callers tell apart; they are those of the store. The errors that wrap them say which thing, and what to do.
var (
	ErrNotFound = store.ErrNotFound
	ErrConflict = store.ErrConflict
)

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
