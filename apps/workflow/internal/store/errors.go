package store

import "errors"

// The errors that callers tell apart. Others wrap them with words for the user.
var (
	// ErrNotFound: there is none of that name in this workspace; another's looks the same.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the state does not allow it.
	ErrConflict = errors.New("conflict")
	// ErrStale: it was changed since the caller read it.
	ErrStale = errors.New("it was changed meanwhile")
)
