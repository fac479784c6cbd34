package database

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Seconds between looks at the lock, and how many: as long as another process may take to migrate.
const (
	lockPeriod = 1
	lockLooks  = 300
)

// Migrate brings the database to this build's migrations. Processes that start together take turns under an
// advisory lock, and all but the first find nothing to do.
//
// A database that a newer build has migrated is left as it is and is no error: while tasks are replaced, and after a roll-back of the
// image, the older build works on it. So a migration may only add; what it no longer needs goes one release later.
func Migrate(ctx context.Context, url string) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return migrate(ctx, url, files)
}

// startTimeout bounds migrations and the first connection.
const startTimeout = 30 * time.Second

// OpenMigrated is how a service starts: Migrate, then Open.
func OpenMigrated(ctx context.Context, url string, most int) (*pgxpool.Pool, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := Migrate(ctx, url); err != nil {
		return nil, err
	}
	return Open(ctx, url, most)
}

func migrate(ctx context.Context, url string, files fs.FS) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return errBadURL()
	}
	prepare(config)
	db := stdlib.OpenDB(*config)
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		return connectError(config, err)
	}
	return up(ctx, db, files)
}

func up(ctx context.Context, db *sql.DB, files fs.FS) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPeriod, lockLooks))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	_, err = provider.Up(ctx)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		return fmt.Errorf("migration %s failed and was rolled back; those before it stay: %w", path.Base(partial.Failed.Source.Path), partial.Err)
	}
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}
