package database

import (
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// PostgreSQL's codes of sessions that it ended (appendix A of its manual).
const (
	adminShutdown            = "57P01"
	idleInTransactionTimeout = "25P03"
)

// knowEnds makes the two ends of a connection that DBOS does not know errors that it knows, and so retries: else it gives up to start
// a task or to record its end, though nothing is wrong with it. The one is a connection that ends without a word while an answer is
// awaited (DBOS asks for io.EOF, pgx gives io.ErrUnexpectedEOF), the other the end of a session that was idle in a transaction.
func knowEnds(config *pgconn.Config) {
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend { return pgproto3.NewFrontend(wordlessEnd{r}, w) }
	config.OnPgError = func(_ *pgconn.PgConn, refusal *pgconn.PgError) bool {
		if refusal.Code == idleInTransactionTimeout {
			refusal.Code = adminShutdown
		}
		return !strings.EqualFold(refusal.Severity, "FATAL") // false closes the connection
	}
}

// wordlessEnd makes the end of what PostgreSQL says an error of the network.
type wordlessEnd struct{ io.Reader }

// Read reads.
func (r wordlessEnd) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = &net.OpError{Op: "read", Net: "postgres", Err: io.ErrUnexpectedEOF}
	}
	return n, err
}
