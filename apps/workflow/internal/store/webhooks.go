package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/agentteam/agentteam/internal/database"
	"github.com/agentteam/agentteam/internal/id"
	"github.com/agentteam/agentteam/internal/paging"
)

// Webhook starts runs by what other systems send.
type Webhook struct {
	ID, Workspace string
	Name, Form    string
	WorkflowID    string
	Version       int32  // 0: the newest at each delivery
	Inputs        string // JSON with expressions over the delivery
	Secret        []byte // sealed
	CreatedBy     Actor
	CreatedAt     time.Time
}

// mostWebhooks bounds those of one workspace.
const mostWebhooks = 1000

const webhookColumns = `id, workspace_id, name, form, workflow_id, version, inputs::text, secret, created_by, created_at`

func (w *Webhook) targets() []any {
	return []any{&w.ID, &w.Workspace, &w.Name, &w.Form, &w.WorkflowID, &w.Version, &w.Inputs, &w.Secret, &w.CreatedBy, &w.CreatedAt}
}

// CreateWebhook keeps a new webhook.
func (s *Store) CreateWebhook(ctx context.Context, workspace string, w Webhook) (made Webhook, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		if err := room(ctx, tx, "webhooks", mostWebhooks); err != nil {
			return err
		}
		const statement = `INSERT INTO webhooks (id, workspace_id, name, form, workflow_id, version, inputs, secret, created_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ` + webhookColumns
		return tx.QueryRow(ctx, statement, w.ID, workspace, w.Name, w.Form, w.WorkflowID, w.Version, w.Inputs, w.Secret, w.CreatedBy).Scan(made.targets()...)
	})
	return made, err
}

// Webhook gives one webhook.
func (s *Store) Webhook(ctx context.Context, workspace, webhook string) (w Webhook, err error) {
	if !id.Valid(id.Webhook, webhook) {
		return Webhook{}, noWebhook(webhook)
	}
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+webhookColumns+` FROM webhooks WHERE id = $1`, webhook).Scan(w.targets()...)
	})
	return w, orNotFound(err, noWebhook(webhook))
}

// FindWebhook gives a webhook of any workspace, and the database's time, to who has nothing but its id.
func (s *Store) FindWebhook(ctx context.Context, webhook string) (w Webhook, now time.Time, err error) {
	if !id.Valid(id.Webhook, webhook) {
		return Webhook{}, now, noWebhook(webhook)
	}
	err = database.WithWebhook(ctx, s.pool, webhook, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+webhookColumns+`, clock_timestamp() FROM webhooks WHERE id = $1`, webhook).Scan(append(w.targets(), &now)...)
	})
	return w, now, orNotFound(err, noWebhook(webhook))
}

// Webhooks lists at most limit webhooks after the cursor, the newest first.
func (s *Store) Webhooks(ctx context.Context, workspace string, after paging.Cursor, limit int) ([]Webhook, error) {
	return newest(ctx, s.pool, workspace, `SELECT `+webhookColumns+` FROM webhooks`, &filter{}, after, limit, (*Webhook).targets)
}

// DeleteWebhook removes a webhook with what is known of its deliveries.
func (s *Store) DeleteWebhook(ctx context.Context, workspace, webhook string) error {
	if !id.Valid(id.Webhook, webhook) {
		return noWebhook(webhook)
	}
	err := database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `DELETE FROM webhooks WHERE id = $1 RETURNING id`, webhook).Scan(&webhook)
	})
	return orNotFound(err, noWebhook(webhook))
}

// RunOfDelivery gives the run that a delivery has started; empty if it has not come yet.
func (s *Store) RunOfDelivery(ctx context.Context, workspace, webhook, delivery string) (run string, err error) {
	err = database.InWorkspace(ctx, s.pool, workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT coalesce(max(run_id), '') FROM webhook_deliveries WHERE webhook_id = $1 AND delivery_id = $2`, webhook, delivery).Scan(&run)
	})
	return run, err
}

func noWebhook(webhook string) error { return Missing("webhook", webhook) }
