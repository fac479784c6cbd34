package store

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// Collided says whether the transaction lost against another at the same moment and may be tried again.
func Collided(err error) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains([]string{serializationFailure, deadlockDetected, lockNotAvailable}, refusal.Code)
}

// PostgreSQL's codes for what a collision is (appendix A of its manual).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
)
