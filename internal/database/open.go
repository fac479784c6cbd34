// Package database is the services' way to PostgreSQL: connections, migrations, and transactions that see
// one workspace alone.
package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	maxPool        = 1000
	connectTimeout = 5 * time.Second
	// Connections end now and then, so that after a fail-over or a change of size none stays where it was.
	connectionLifetime = 30 * time.Minute
	lifetimeJitter     = 5 * time.Minute
	connectionIdle     = 5 * time.Minute
	healthCheckPeriod  = 30 * time.Second
	// A process that is paused in a transaction must not hold a run's row for longer than the others need to take its tasks over.
	// The engine evaluates expressions within transactions: all those of one have to fit.
	idleTransaction = 5 * time.Second
)

// Querier runs statements: a transaction, or a pool for those that need none.
type Querier interface {
	Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, arguments ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row
}

// Open connects at least once, so that a wrong URL shows now, and gives a pool of at most so many connections. It does
// not migrate. Errors name the host and the database, never the password.
func Open(ctx context.Context, url string, most int) (*pgxpool.Pool, error) {
	if most < 1 || most > maxPool {
		return nil, fmt.Errorf("a pool needs 1-%d connections, got %d", maxPool, most)
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errBadURL()
	}
	prepare(config.ConnConfig)
	config.MaxConns = int32(most)
	config.MaxConnLifetime = connectionLifetime
	config.MaxConnLifetimeJitter = lifetimeJitter
	config.MaxConnIdleTime = connectionIdle
	config.HealthCheckPeriod = healthCheckPeriod
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, connectError(config.ConnConfig, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, connectError(config.ConnConfig, err)
	}
	return pool, nil
}

// errBadURL keeps the parser's words back: they repeat parts of the URL, and it holds a password.
func errBadURL() error {
	return errors.New("the database's URL cannot be read (it is not shown, it may hold a password): " +
		"write postgres://user:password@host:5432/database, with special characters of the password percent-encoded")
}

func prepare(config *pgx.ConnConfig) {
	if config.ConnectTimeout == 0 || config.ConnectTimeout > connectTimeout {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = filepath.Base(os.Args[0])
	}
	config.RuntimeParams["idle_in_transaction_session_timeout"] = strconv.FormatInt(idleTransaction.Milliseconds(), 10)
	knowEnds(&config.Config)
}

func connectError(config *pgx.ConnConfig, err error) error {
	address := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	return fmt.Errorf("connect to PostgreSQL at %s, database %q, as %q: %w", address, config.Database, config.User, err)
}
