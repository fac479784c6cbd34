package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// EventTypes are the types of events that an endpoint may be told; the migration's trigger has the same.
func EventTypes() []string {
	return []string{"run.completed", "run.failed", "run.canceled", "run.budget_exhausted", "approval.requested", "approval.decided", "approval.expired"}
}

// Endpoint is an address that is told of events.
type Endpoint struct {
	ID             string
	URL            string
	EventTypes     []string
	Secret         []byte // sealed, as the previous one
	PreviousSecret []byte
	PreviousUntil  *time.Time
	Disabled       bool
	DisabledReason string
	FailingSince   *time.Time
	CreatedBy      Actor
	CreatedAt      time.Time
}

// mostEndpoints bounds those of one workspace: each event of theirs makes a row for each.
const mostEndpoints = 20

// keepPrevious is how long deliveries are signed by the secret before the present one too.
const keepPrevious = 24 * time.Hour

const endpointColumns = `id, url, event_types, secret, previous_secret, previous_until, disabled, disabled_reason, failing_since, created_by, created_at`

func (e *Endpoint) targets() []any {
	return []any{&e.ID, &e.URL, &e.EventTypes, &e.Secret, &e.PreviousSecret, &e.PreviousUntil, &e.Disabled, &e.DisabledReason, &e.FailingSince, &e.CreatedBy, &e.CreatedAt}
}

// CreateEndpoint keeps a new endpoint, which is told of what happens from now on.
func (s *Store) CreateEndpoint(ctx context.Context, workspace string, e Endpoint) (made Endpoint, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		if err := room(ctx, tx, "webhook_endpoints", mostEndpoints); err != nil {
			return err
		}
		const statement = `INSERT INTO webhook_endpoints (id, workspace_id, url, event_types, secret, created_by) VALUES ($1, $2, $3, $4, $5, $6) RETURNING ` + endpointColumns
		return tx.QueryRow(ctx, statement, e.ID, workspace, e.URL, e.EventTypes, e.Secret, e.CreatedBy).Scan(made.targets()...)
	})
	return made, err
}

// Endpoint gives one endpoint.
func (s *Store) Endpoint(ctx context.Context, workspace, endpoint string) (Endpoint, error) {
	return s.endpoint(ctx, workspace, endpoint, `SELECT `+endpointColumns+` FROM webhook_endpoints WHERE id = $1`)
}

// UpdateEndpoint replaces what the user states. What was pending for one that is disabled fails when it is due.
func (s *Store) UpdateEndpoint(ctx context.Context, workspace, endpoint, url string, eventTypes []string, disabled bool) (Endpoint, error) {
	const statement = `UPDATE webhook_endpoints SET url = $2, event_types = $3, disabled = $4, disabled_reason = CASE WHEN $4 AND disabled THEN disabled_reason ELSE '' END,
		failing_since = CASE WHEN disabled AND NOT $4 THEN NULL ELSE failing_since END WHERE id = $1 RETURNING ` + endpointColumns
	return s.endpoint(ctx, workspace, endpoint, statement, url, eventTypes, disabled)
}

// RotateEndpoint gives an endpoint a new secret, sealed; the present one is the previous one from then on.
func (s *Store) RotateEndpoint(ctx context.Context, workspace, endpoint string, secret []byte) (Endpoint, error) {
	const statement = `UPDATE webhook_endpoints SET previous_secret = secret, previous_until = now() + $3::interval, secret = $2 WHERE id = $1 RETURNING ` + endpointColumns
	return s.endpoint(ctx, workspace, endpoint, statement, secret, keepPrevious)
}

// DeleteEndpoint removes an endpoint with its deliveries.
func (s *Store) DeleteEndpoint(ctx context.Context, workspace, endpoint string) error {
	_, err := s.endpoint(ctx, workspace, endpoint, `DELETE FROM webhook_endpoints WHERE id = $1 RETURNING `+endpointColumns)
	return err
}

func (s *Store) endpoint(ctx context.Context, workspace, endpoint, statement string, arguments ...any) (e Endpoint, err error) {
	if !id.Valid(id.Endpoint, endpoint) {
		return Endpoint{}, noEndpoint(endpoint)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, statement, append([]any{endpoint}, arguments...)...).Scan(e.targets()...)
	})
	return e, orNotFound(err, noEndpoint(endpoint))
}

// Endpoints lists at most limit endpoints after the cursor, the newest first.
func (s *Store) Endpoints(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]Endpoint, error) {
	return newest(ctx, s.pool, workspace, `SELECT `+endpointColumns+` FROM webhook_endpoints`, &filter{}, after, limit, (*Endpoint).targets)
}

func noEndpoint(endpoint string) error { return Missing("endpoint", endpoint) }
