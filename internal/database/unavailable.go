package database

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Unavailable says whether the error means that PostgreSQL cannot be reached, restarts, or fails over: the same again
// later may succeed. The end of the caller's own context is no such error.
func Unavailable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true // also by a refusal: a password may be about to change
	}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return passing(refusal.Code)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return broken(err) || pgconn.SafeToRetry(err)
}

// broken says whether a connection ended without a word.
func broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, pgconn.ErrConnClosed)
}

// passing says whether PostgreSQL's error code (appendix A of its manual) is about something that passes by itself.
func passing(code string) bool {
	switch code {
	case "53300", // too many connections
		"57P01", "57P02", "57P03", "57P04", // shut down, crashed, cannot connect now, database dropped
		"25006": // read-only: a primary that became a replica
		return true
	}
	return strings.HasPrefix(code, "08") // connection exceptions
}
