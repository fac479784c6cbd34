package store

import "errors"

// What callers tell apart. The errors that wrap them say which thing, and what to do.
var (
	// ErrNotFound: the workspace has no such thing; another workspace's are not found either.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the thing is not, or no longer, in the state that the change was made for.
	ErrConflict = errors.New("conflict")
)
