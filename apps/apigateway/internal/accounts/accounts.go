// Package accounts keeps workspaces, their members and their API keys, and answers who may act where. What
// is asked with every request is cached for seconds; a change takes effect at once in this process, and in the others
// as soon as Redis tells them.
package accounts

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/identity"
)

// Bounds of a workspace, and of what a user may own. They keep every list on one page.
const (
	MaxMembers    = 500
	MaxKeys       = 100 // that work; revoked and expired ones are kept beside them
	MaxOldKeys    = 100
	MaxWorkspaces = 100 // that one user may create and be in
	MaxNameLength = 100 // characters
)

// Accounts is safe for concurrent use.
type Accounts struct {
	pool  *pgxpool.Pool
	cache *cache
	news  news
	log   *slog.Logger
}

// Options are what Accounts need.
type Options struct {
	Pool  *pgxpool.Pool
	Redis *redis.Client // carries changes to the other processes; nil for a command that ends at once
	Log   *slog.Logger
}

// New makes Accounts. Run has to run for changes of other processes to be heard before the caches expire.
func New(o Options) *Accounts {
	return &Accounts{pool: o.Pool, cache: newCache(), news: news{redis: o.Redis, log: o.Log}, log: o.Log}
}

// Run listens for changes that other processes made, until the context ends.
func (a *Accounts) Run(ctx context.Context) { a.news.listen(ctx, a.cache.forget) }

// change runs fn in a transaction of the caller's workspace, one at a time for each workspace, so that
// counts and the last owner are safe. Caches forget what is about the workspace, and about the user if one is named.
func (a *Accounts) change(ctx context.Context, c identity.Caller, user string, fn func(tx pgx.Tx) error) error {
	err := database.InWorkspace(ctx, a.pool, c.Workspace, func(tx pgx.Tx) error {
		var id string
		// NO KEY: rows that refer to the workspace can still be added meanwhile.
		err := tx.QueryRow(ctx, `SELECT id FROM workspaces WHERE id = $1 FOR NO KEY UPDATE`, c.Workspace).Scan(&id)
		if err != nil {
			return orNotFound(err, "workspace", c.Workspace)
		}
		return fn(tx)
	})
	if err == nil {
		a.tell(ctx, scope{Workspace: c.Workspace, User: user})
	}
	return err
}

func (a *Accounts) read(ctx context.Context, c identity.Caller, fn func(tx pgx.Tx) error) error {
	return database.InWorkspace(ctx, a.pool, c.Workspace, fn)
}

func (a *Accounts) tell(ctx context.Context, changed scope) {
	a.cache.forget(changed)
	a.news.publish(ctx, changed)
}
