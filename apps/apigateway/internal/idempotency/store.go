package idempotency

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentteam/agentteam/internal/database"
)

// answer is what is known about the first request with a key.
type answer struct {
	fingerprint []byte
	status      int // 0 while it is in flight
	headers     map[string]string
	body        []byte
	withheld    bool // it was given, and is not kept
}

type store struct{ pool *pgxpool.Pool }

// claimSQL takes a key that is new, out of date, or left by a request that vanished in the middle.
const claimSQL = `
INSERT INTO idempotency_keys AS old (workspace_id, key, fingerprint) VALUES ($1, $2, $3)
ON CONFLICT (workspace_id, key) DO UPDATE SET
  fingerprint = excluded.fingerprint, status = NULL, headers = NULL, body = NULL, claimed_at = now(),
  created_at = CASE WHEN old.created_at < now() - interval '24 hours' THEN now() ELSE old.created_at END
WHERE old.created_at < now() - interval '24 hours'
   OR old.status IS NULL AND old.fingerprint = excluded.fingerprint AND old.claimed_at < now() - $4::interval
RETURNING created_at, claimed_at`

// claim gives either the right to carry the request out, or what became of the first one.
func (s store) claim(ctx context.Context, n name, fingerprint []byte) (c *claim, a *answer, err error) {
	err = database.InWorkspace(ctx, s.pool, n.workspace(), func(tx pgx.Tx) error {
		mine := claim{name: n}
		err := tx.QueryRow(ctx, claimSQL, n.workspace(), n.column(), fingerprint, inFlight).Scan(&mine.created, &mine.claimed)
		if err == nil {
			c = &mine
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		a, err = find(ctx, tx, n)
		if errors.Is(err, pgx.ErrNoRows) { // cleaned up a moment ago
			a, err = &answer{fingerprint: fingerprint}, nil
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return c, a, nil
}

func find(ctx context.Context, tx pgx.Tx, n name) (*answer, error) {
	var a answer
	err := tx.QueryRow(ctx, `SELECT fingerprint, coalesce(status, 0), coalesce(headers, '{}'), coalesce(body, ''), status IS NOT NULL AND body IS NULL
		FROM idempotency_keys WHERE workspace_id = $1 AND key = $2`, n.workspace(), n.column()).
		Scan(&a.fingerprint, &a.status, &a.headers, &a.body, &a.withheld)
	return &a, err
}

// complete keeps the answer, unless another request took over meanwhile.
func (s store) complete(ctx context.Context, c *claim, a answer) error {
	if a.body == nil && !a.withheld {
		a.body = []byte{}
	}
	return database.InWorkspace(ctx, s.pool, c.name.workspace(), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE idempotency_keys SET status = $4, headers = $5, body = $6 WHERE workspace_id = $1 AND key = $2 AND claimed_at = $3`,
			c.name.workspace(), c.name.column(), c.claimed, a.status, a.headers, a.body)
		return err
	})
}

// release lets the same request take the key at once, unless another one took over meanwhile. The row stays, and with it the
// ids that are made of it: a request whose answer was lost may have been carried out all the same.
func (s store) release(ctx context.Context, c *claim) error {
	return database.InWorkspace(ctx, s.pool, c.name.workspace(), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE idempotency_keys SET claimed_at = '-infinity' WHERE workspace_id = $1 AND key = $2 AND claimed_at = $3`, c.name.workspace(), c.name.column(), c.claimed)
		return err
	})
}

// Deleting old keys.
const (
	cleanEvery = 10 * time.Minute
	cleanBatch = 1000
)

// clean deletes some keys that are out of date, of whichever workspace, and says how many.
func (s store) clean(ctx context.Context) (deleted int64, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('role', $1, true), set_config('agentteam.cleanup', 'on', true)`, database.AppRole); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours' AND (workspace_id, key) IN (
			SELECT workspace_id, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours' ORDER BY created_at LIMIT $1)`, cleanBatch)
		deleted = tag.RowsAffected()
		return err
	})
	return deleted, err
}

// Run deletes old keys every few minutes, until the context ends.
func (k *Keys) Run(ctx context.Context) {
	for ticker := time.NewTicker(cleanEvery); ; {
		for deleted := int64(cleanBatch); deleted == cleanBatch && ctx.Err() == nil; {
			var err error
			if deleted, err = k.store.clean(ctx); err != nil && ctx.Err() == nil {
				k.Log.WarnContext(ctx, "old idempotency keys could not be deleted", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			ticker.Stop()
			return
		case <-ticker.C:
		}
	}
}
