package accounts

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/identity"
)

// Code says which kind of error it is, for programs.
type Code string

// The codes.
const (
	NotFound     Code = "not_found"
	Forbidden    Code = "forbidden"
	Conflict     Code = "conflict"
	Invalid      Code = "invalid"
	LimitReached Code = "limit_reached"
)

// Error is an error that its user can do something about. Field is the JSON name of what is Invalid.
type Error struct {
	Code    Code
	Field   string
	Message string
}

func (e *Error) Error() string { return e.Message }

func fail(code Code, format string, arguments ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

func invalid(field, format string, arguments ...any) error {
	return &Error{Code: Invalid, Field: field, Message: field + " " + fmt.Sprintf(format, arguments...)}
}

func orNotFound(err error, kind, id string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fail(NotFound, "there is no %s %q", kind, id)
	}
	return err
}

// require refuses callers whose role does not allow the action.
func require(c identity.Caller, p identity.Permission) error {
	if c.May(p) {
		return nil
	}
	return fail(Forbidden, "the role %s does not allow %s; ask an owner or admin of the workspace", c.Role, p)
}

// checkName bounds names that people give.
func checkName(name string) error {
	if !utf8.ValidString(name) || hasControl(name) {
		return invalid("name", "must be UTF-8 text without control characters")
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxNameLength {
		return invalid("name", "must have 1-%d characters, got %d", MaxNameLength, n)
	}
	return nil
}

func hasControl(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}
