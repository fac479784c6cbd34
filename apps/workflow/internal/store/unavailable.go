package store

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Unavailable says whether the error means that PostgreSQL cannot be reached, restarts, or fails over: the
// same again later may succeed. The end of the caller's own context is no such error.
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
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgconn.ErrConnClosed) || pgconn.SafeToRetry(err)
}

// Collided says whether the transaction lost against another at the same moment and may be tried again.
func Collided(err error) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains([]string{serializationFailure, deadlockDetected, lockNotAvailable}, refusal.Code)
}

// What PostgreSQL calls what passes by itself (appendix A of its manual).
const (
	connectionException  = "08"
	tooManyConnections   = "53300"
	adminShutdown        = "57P01"
	crashShutdown        = "57P02"
	cannotConnectNow     = "57P03"
	databaseDropped      = "57P04"
	readOnlyTransaction  = "25006" // a primary that became a replica
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
)

func passing(code string) bool {
	return strings.HasPrefix(code, connectionException) ||
		slices.Contains([]string{tooManyConnections, adminShutdown, crashShutdown, cannotConnectNow, databaseDropped, readOnlyTransaction}, code)
}
