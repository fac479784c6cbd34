package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/paging"
)

// Delivery is one event for one endpoint.
type Delivery struct {
	ID, EndpointID   string
	EventType, RunID string
	Status           string
	Attempts         int32
	ResponseStatus   int32 // of the last attempt's answer; 0: none
	Error            string
	CreatedAt        time.Time
	NextAt, LastAt   *time.Time
}

const deliveryColumns = `id, endpoint_id, event_type, run_id, status, attempts, response_status, error, created_at, CASE WHEN status = 'pending' THEN next_at END, last_at`

func (d *Delivery) targets() []any {
	return []any{&d.ID, &d.EndpointID, &d.EventType, &d.RunID, &d.Status, &d.Attempts, &d.ResponseStatus, &d.Error, &d.CreatedAt, &d.NextAt, &d.LastAt}
}

// Deliveries lists at most limit deliveries of an endpoint after the cursor, the newest first.
func (s *Store) Deliveries(ctx context.Context, workspace, endpoint string, after paging.Cursor, limit int) ([]Delivery, error) {
	if _, err := s.Endpoint(ctx, workspace, endpoint); err != nil {
		return nil, err
	}
	f := &filter{}
	f.add("endpoint_id = ?", endpoint)
	return newest(ctx, s.pool, workspace, `SELECT `+deliveryColumns+` FROM endpoint_deliveries`, f, after, limit, (*Delivery).targets)
}

// Redeliver lets a delivery begin again, with all attempts that a new one has.
func (s *Store) Redeliver(ctx context.Context, workspace, endpoint, delivery string) (d Delivery, err error) {
	if _, err := s.Endpoint(ctx, workspace, endpoint); err != nil {
		return Delivery{}, err
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		const statement = `UPDATE endpoint_deliveries SET status = 'pending', attempts = 0, next_at = clock_timestamp() WHERE id = $1 AND endpoint_id = $2 RETURNING ` + deliveryColumns
		return tx.QueryRow(ctx, statement, delivery, endpoint).Scan(d.targets()...)
	})
	return d, orNotFound(err, Missing("delivery", delivery))
}

// DueDelivery is a delivery that a process has claimed for one attempt.
type DueDelivery struct {
	ID, Workspace, Endpoint string
	Payload                 []byte
	Attempt                 int       // from 1
	Now                     time.Time // the database's clock
}

// ClaimDeliveries gives deliveries of all workspaces that are due, at most one of each endpoint, and none of those that are left out. Who
// does not record the attempt within the time has lost it: another process makes the next.
func (s *Store) ClaimDeliveries(ctx context.Context, most int, within time.Duration, without []string) (due []DueDelivery, err error) {
	const statement = `UPDATE endpoint_deliveries SET attempts = attempts + 1, next_at = clock_timestamp() + $2::interval WHERE id IN (
		SELECT id FROM endpoint_deliveries d WHERE status = 'pending' AND next_at <= now() AND endpoint_id <> ALL ($3)
			AND id = (SELECT id FROM endpoint_deliveries WHERE endpoint_id = d.endpoint_id AND status = 'pending' AND next_at <= now() ORDER BY next_at, id LIMIT 1)
		ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED)
		RETURNING id, workspace_id, endpoint_id, payload::text::bytea, attempts, clock_timestamp()`
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, claimingSQL, database.AppRole); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, statement, most, within, without)
		if err != nil {
			return err
		}
		due, err = pgx.CollectRows(rows, pgx.RowToStructByPos[DueDelivery])
		return err
	})
	return due, err
}

// Attempt is how one went, and what follows.
type Attempt struct {
	Number    int
	Delivered bool
	Status    int // of the answer; 0: none
	Error     string
	After     time.Duration // until the next
	Last      bool          // no other follows
	Disable   string        // why the endpoint is not told any more
}

func (a Attempt) outcome() string {
	switch {
	case a.Delivered:
		return "delivered"
	case a.Last, a.Disable != "":
		return "failed"
	}
	return "pending"
}

// keepDeliveries is how long what was sent, or failed, is kept.
const keepDeliveries = 30 * 24 * time.Hour

// RecordAttempt has no effect if another process has made a later attempt.
func (s *Store) RecordAttempt(ctx context.Context, d DueDelivery, a Attempt) error {
	return database.InWorkspace(ctx, s.pool, d.Workspace, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE endpoint_deliveries SET status = $3, response_status = $4, error = $5, next_at = clock_timestamp() + $6::interval, last_at = clock_timestamp()
			WHERE id = $1 AND attempts = $2 AND status = 'pending'`, d.ID, a.Number, a.outcome(), a.Status, a.Error, a.After)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `WITH old AS (DELETE FROM endpoint_deliveries WHERE endpoint_id = $1 AND status <> 'pending' AND created_at < now() - $4::interval)
			UPDATE webhook_endpoints SET failing_since = CASE WHEN $2 THEN NULL ELSE coalesce(failing_since, now()) END,
			disabled = disabled OR $3 <> '', disabled_reason = CASE WHEN $3 <> '' AND NOT disabled THEN $3 ELSE disabled_reason END
			WHERE id = $1 AND (failing_since IS NOT NULL OR NOT $2)`, d.Endpoint, a.Delivered, a.Disable, keepDeliveries)
		return err
	})
}
