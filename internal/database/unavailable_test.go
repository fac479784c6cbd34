package database_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentteam/agentteam/internal/database"
)

func TestUnavailable(t *testing.T) {
	for _, err := range []error{
		&pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "08006"}, &pgconn.PgError{Code: "25006"},
		fmt.Errorf("read: %w", io.ErrUnexpectedEOF), new(pgconn.ConnectError),
	} {
		if !database.Unavailable(err) {
			t.Errorf("%#v is not taken for an outage", err)
		}
	}
	for _, err := range []error{nil, &pgconn.PgError{Code: "23505"}, context.Canceled, context.DeadlineExceeded, errors.New("bug")} {
		if database.Unavailable(err) {
			t.Errorf("%#v is taken for an outage", err)
		}
	}
}
