// Package store reads and writes the engine's tables in PostgreSQL, but for what happens within a run,
// which only package ledger writes. Every method acts within one workspace.
package store

import "github.com/jackc/pgx/v5/pgxpool"

// Store is the tables behind one pool.
type Store struct{ pool *pgxpool.Pool }

// New makes a store on a pool that others may use too.
func New(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }
